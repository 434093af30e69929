package sandbox

import (
	"fmt"
	"slices"
	"time"
)

const (
	medianovaOrg    = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e500"
	medianovaAssets = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5b1"
	medianovaLogs   = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5b2"
	medianovaRegion = "eu-ist-1"
)

func newMedianova(s *Sandbox) (*medianova, error) {
	if form := s.opts.MedianovaList; !slices.Contains([]string{"", "plain", "laravel", "nested", "paginate"}, form) {
		return nil, fmt.Errorf("sandbox: MedianovaList %q: want plain, laravel, nested or paginate", form)
	}
	if form := s.opts.MedianovaErrors; !slices.Contains([]string{"", "laravel", "fastapi"}, form) {
		return nil, fmt.Errorf("sandbox: MedianovaErrors %q: want laravel or fastapi", form)
	}
	places, err := parseMedianovaPlaces(s.opts.MedianovaSecret)
	if err != nil {
		return nil, err
	}
	v := &medianova{s: s, secretAt: places, byID: map[string]*medianovaCredential{}, byAccess: map[string]*medianovaCredential{}, tokens: map[string]*medianovaSession{}}
	assets, logs := medianovaBucket{medianovaAssets, "assets"}, medianovaBucket{medianovaLogs, "logs"}
	v.buckets = []medianovaBucket{assets, logs}
	seeds := seededSource("medianova")
	add := func(id, name string, readonly bool, created time.Time, subfolder *string, buckets ...medianovaBucket) {
		v.insert(&medianovaCredential{
			id: id, name: name, readonly: readonly, created: created, subfolder: subfolder, buckets: buckets,
			access: seeds.text(20, upper), secret: seeds.text(40, alnum), seeded: true,
		})
	}
	founded := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for i := range s.opts.Count {
		add(fmt.Sprintf("00000000-0000-4000-8000-%012x", i+1), fmt.Sprintf("seed-%06d", i+1), true, founded.Add(time.Duration(i)*time.Millisecond), nil, assets)
	}
	nginx := "nginx/"
	add("5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1", "web-assets", false, founded.AddDate(0, 1, 8), nil, assets)
	add("5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c2", "log-reader", true, founded.AddDate(0, 4, 2), &nginx, logs)
	return v, nil
}
