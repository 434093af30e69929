package tokenstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

func TestAKeyringThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		k := &patientKeyring{Keyring: silent{release}, streams: term.New(nil, nil, nil)}
		start := time.Now()
		_, err := k.Get("a")
		require.ErrorContains(t, err, "does not answer within 3s")
		assert.Equal(t, 3*time.Second, time.Since(start))
		require.Error(t, k.Set("a", "b"))
		require.Error(t, k.Delete("a"))
		assert.Equal(t, 3*time.Second, time.Since(start), "it is not asked again")
	})
}

type silent struct{ release chan struct{} }

func (s silent) Get(string) (string, error) { <-s.release; return "", nil }
func (s silent) Set(string, string) error   { <-s.release; return nil }
func (s silent) Delete(string) error        { <-s.release; return nil }

func TestAKeyringHasNoMoreTimeThanTheCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		streams := term.New(strings.NewReader(""), io.Discard, io.Discard)
		k, ok := newKeyring(map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}, streams).(*patientKeyring)
		require.True(t, ok)
		k.Keyring = silent{release}
		streams.Timeout = time.Second
		_, err := k.Get("a")
		require.ErrorContains(t, err, "the keyring does not answer within 1s")
		require.ErrorIs(t, k.Delete("a"), provider.ErrUnavailable, "another time it may answer")
	})
}

// TestAnInterruptDoesNotCutAKeyring: what is stored is stored whole, in one place.
func TestAnInterruptDoesNotCutAKeyring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTest(t, nil)
		interrupted := make(chan struct{})
		s.streams.Interrupted = func() <-chan struct{} { return interrupted }
		s.Keyring = &patientKeyring{Keyring: &slow{fake{entries: map[string]string{}}}, streams: s.streams}
		time.AfterFunc(time.Millisecond, func() { close(interrupted) })
		where, err := s.Save(t.Context(), Login{Vendor: "losant", Secrets: map[string]provider.Secret{"token": provider.NewSecret("CANARY")}})
		require.NoError(t, err)
		assert.Equal(t, "the keyring", where)
		assert.NoFileExists(t, s.Path("losant", ""))
		got, err := s.Load("losant", "")
		require.NoError(t, err)
		assert.Equal(t, "CANARY", got.Secrets["token"])
	})
}

// A slow keyring takes a second to store.
type slow struct{ fake }

func (s *slow) Set(name, text string) error {
	time.Sleep(time.Second)
	return s.fake.Set(name, text)
}

// TestAKeyringThatRefusesIsAskedOnce: each time may show a window.
func TestAKeyringThatRefusesIsAskedOnce(t *testing.T) {
	k := &refusing{}
	s := newTest(t, nil)
	s.Keyring = &patientKeyring{Keyring: k, streams: s.streams}
	for _, vendor := range []string{"medianova", "katapult", "losant"} {
		_, err := s.Load(vendor, "")
		require.ErrorContains(t, err, "dismissed")
	}
	assert.Equal(t, 1, k.asked)
}

// A refusing keyring counts how often it was asked.
type refusing struct {
	fake
	asked int
}

func (r *refusing) Get(string) (string, error) {
	r.asked++
	return "", errors.New("the prompt was dismissed")
}

func TestWhereThereIsAKeyring(t *testing.T) {
	for address, has := range map[string]bool{"unix:path=/tmp/bus": true, "autolaunch:": false} {
		assert.Equal(t, has, hasKeyring("linux", map[string]string{"DBUS_SESSION_BUS_ADDRESS": address}), address)
	}
	assert.True(t, hasKeyring("darwin", nil))
	assert.True(t, hasKeyring("windows", nil))
	_, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid()))
	assert.Equal(t, err == nil, hasKeyring("linux", nil))
}

// TestAKeyringOfAnotherSession: without a keyring, the token file is removed, and the
// caller can say that a keyring may hold a token.
func TestAKeyringOfAnotherSession(t *testing.T) {
	s := newTest(t, nil)
	s.Keyring = noKeyring{ErrNoKeyring}
	assert.False(t, s.HasKeyring())
	for _, there := range []bool{false, true} {
		if there {
			_, err := s.Save(t.Context(), Login{Vendor: "losant", Profile: "work", Secrets: map[string]provider.Secret{"token": provider.NewSecret("CANARY")}})
			require.NoError(t, err)
		}
		exists, err := s.Exists("losant", "work")
		require.NoError(t, err)
		assert.Equal(t, there, exists)
		existed, err := s.Delete("losant", "work")
		require.NoError(t, err)
		assert.Equal(t, there, existed)
		assert.NoFileExists(t, s.Path("losant", "work"))
	}
	s.Keyring = noKeyring{errKeyringOff}
	assert.True(t, s.HasKeyring(), "credctl must not use it, and says nothing of it")
	exists, err := s.Exists("losant", "work")
	require.NoError(t, err)
	assert.False(t, exists)
	s.Keyring = &fake{fails: errors.New("the prompt was dismissed")}
	assert.True(t, s.HasKeyring())
	_, err = s.Exists("losant", "work")
	require.ErrorContains(t, err, "dismissed", "it may hold a token")
}
