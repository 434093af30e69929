package reach

import "time"

// slow is after what time a person is told what a request waits for.
const slow = time.Second

// Watch reports a request to host that takes long; answered reports with "" that it
// does so no more.
func Watch(report func(what string), host string) (answered func()) {
	reported := make(chan struct{})
	timer := time.AfterFunc(slow, func() {
		report("Waiting for " + host)
		close(reported)
	})
	return func() {
		if !timer.Stop() {
			<-reported
			report("")
		}
	}
}
