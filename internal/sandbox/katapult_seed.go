package sandbox

import (
	"fmt"
	"time"
)

const (
	katapultOrg       = "org_sandboxAcme00001"
	katapultSubDomain = "acme"
	katapultRegion    = "uk-lon-1"
)

var katapultFounded = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newKatapult(s *Sandbox) *katapult {
	v := &katapult{s: s, byID: map[string]*katapultKey{}, byAccess: map[string]*katapultKey{}, provisionIn: s.opts.ProvisionDelay, settleIn: time.Second}
	switch {
	case v.provisionIn == 0:
		v.provisionIn = 3 * time.Second
	case v.provisionIn < 0:
		v.settleIn = 0
	}
	seeds := seededSource("katapult")
	key := func(id, name string, created time.Time) *katapultKey {
		k := &katapultKey{
			id: id, name: name, region: katapultRegion, created: created, seeded: true,
			access: seeds.text(32, lowerHex), secret: seeds.text(32, alnum),
		}
		return k
	}
	for i := range s.opts.Count {
		v.insert(key(fmt.Sprintf("objkey_%016d", i+1), fmt.Sprintf("seed-%06d", i+1), katapultFounded.Add(time.Duration(i)*time.Second)))
	}
	backup := key("objkey_sbxBackup0000001", "backup", time.Date(2026, 2, 11, 10, 15, 0, 0, time.UTC))
	backup.bucketsRead, backup.objRead, backup.objWrite = true, true, true
	web := key("objkey_sbxWebAssets0002", "web-assets", time.Date(2026, 5, 19, 14, 40, 0, 0, time.UTC))
	fresh := key("objkey_sbxStaging000003", "staging", time.Date(2026, 8, 30, 16, 5, 0, 0, time.UTC))
	fresh.access, fresh.secret = "", ""
	v.insert(backup)
	v.insert(web)
	v.insert(fresh)
	bucket := func(name string, ids ...string) *katapultBucket {
		return &katapultBucket{
			name: name, created: katapultFounded, read: ids, write: append([]string(nil), ids...),
			flags: map[string]any{"public_read": false, "public_list": false, "all_keys_read": false, "all_keys_write": false},
		}
	}
	v.buckets = []*katapultBucket{bucket("backups"), bucket("web-assets", web.id)}
	return v
}
