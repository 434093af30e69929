package s3event

import "errors"

var errNone = errors.New("this build sends no events to message brokers")

func InitKafkaEventService(_, _, _ string, _ EventFilter) (S3EventSender, error) {
	return nil, errNone
}

func InitNatsEventService(_, _ string, _ EventFilter) (S3EventSender, error) { return nil, errNone }

func InitRabbitmqEventService(_, _, _ string, _ EventFilter) (S3EventSender, error) {
	return nil, errNone
}

func genSequencer() string { return "0" }
