package term

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestWhatInterruptsSay(t *testing.T) {
	var said bytes.Buffer
	s := New(strings.NewReader(""), &bytes.Buffer{}, &said)
	s.sayFirst()
	assert.Empty(t, said.String(), "no person reads it")
	s.ErrTTY, s.envWidth = true, 200
	s.sayFirst()
	assert.Contains(t, said.String(), "Interrupted: finishing the request that is under way. Press ^C again to stop at once.\n")
	said.Reset()
	s.Serves.Store(true)
	s.sayFirst()
	assert.Empty(t, said.String(), "no request is under way")
	for want, left := range map[string][]Unfinished{
		"Stopped: a request that is under way may still be carried out.\n":                                     nil,
		"Stopped: op-1 (katapult a) is unfinished.\nhint: to continue: credctl rotation resume op-1\n":         {{"op-1", "katapult a"}},
		"Stopped: op-1 (katapult a), op-2 are unfinished.\nhint: to continue: credctl rotation resume --all\n": {{"op-1", "katapult a"}, {"op-2", ""}},
	} {
		said.Reset()
		s.Left = func() []Unfinished { return left }
		s.saySecond()
		assert.Equal(t, "credctl: "+want, said.String())
	}
	said.Reset()
	s.JSONErrors = true
	s.saySecond()
	assert.Regexp(t, `^\{"error":\{"code":"interrupted","exit":130,"message":"Stopped: .*"\}\}\n$`, said.String(), "programs read one JSON object")
}

func TestAContextThatIsNoneOfSignals(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := New(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	s.Follow(ctx)
	cancel()
	<-s.Interrupted()
}

// The bound of a result is what is left of the time of the run, but never nothing: what
// arrived late is shown anyway.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
		s.Timeout = time.Minute
		lasts := func() time.Duration {
			began := time.Now()
			ctx, cancel := s.Bound()
			defer cancel()
			<-ctx.Done()
			return time.Since(began)
		}
		time.Sleep(20 * time.Second)
		assert.Equal(t, 40*time.Second, lasts())
		assert.Equal(t, grace, lasts(), "the time is up")

		s.Timeout = time.Hour
		interrupted := make(chan struct{})
		s.Interrupted = func() <-chan struct{} { return interrupted }
		time.AfterFunc(time.Second, func() { close(interrupted) })
		assert.Equal(t, time.Second, lasts(), "an interrupt ends it")
		assert.Equal(t, grace, lasts(), "what begins after it may end")
	})
}

func TestQuestion(t *testing.T) {
	q := Question{Do: "Delete access key objkey_1 (web-assets)", Account: "organization acme", Effect: "Clients that use it stop working."}
	assert.Equal(t, "Delete access key objkey_1 (web-assets) in organization acme? Clients that use it stop working.", q.String())
	q.Profile = "work"
	assert.Equal(t, "Delete access key objkey_1 (web-assets) in organization acme (profile work)? Clients that use it stop working.", q.String())
	assert.Equal(t, "Delete it?", Question{Do: "Delete it"}.String())
}

// No person is there where --no-input or CI=true says so, whatever the terminal says.
func TestNoPersonIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		env     map[string]string
		noInput bool
		person  bool
	}{
		"a terminal":       {nil, false, true},
		"--no-input":       {nil, true, false},
		"CI=true":          {map[string]string{"CI": "true"}, false, false},
		"CI=1":             {map[string]string{"CI": "1"}, false, false},
		"CI=false":         {map[string]string{"CI": "false"}, false, true},
		"another variable": {map[string]string{"CIRCLE": "true"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(strings.NewReader("y\n"), &bytes.Buffer{}, &bytes.Buffer{})
			s.InTTY, s.OutTTY, s.ErrTTY, s.NoInput = true, true, true, c.noInput
			s.Adapt(c.env)
			assert.Equal(t, c.person, s.Interactive())
			assert.Equal(t, c.person, s.Watched())
			err := s.Confirm(t.Context(), "Delete it?")
			if c.person {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Contains(t, provider.HintOf(err), "--yes")
		})
	}
}

func TestReserve(t *testing.T) {
	f, err := os.CreateTemp("", "")
	require.NoError(t, err)
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	_, err = f.WriteString("before")
	require.NoError(t, err)
	for _, by := range []func(*os.File, int64, int64) error{reserve, fill} {
		require.NoError(t, by(f, 6, 1<<16))
		info, err := f.Stat()
		require.NoError(t, err)
		assert.Equal(t, int64(6), info.Size(), "what the file holds stays as it is")
	}
	release, err := Output{Writer: f}.Reserve(1 << 16)
	require.NoError(t, err)
	_, err = f.WriteString(" and after")
	require.NoError(t, err)
	release()
	b, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	assert.Equal(t, "before and after", string(b))
	release, err = Output{Writer: &bytes.Buffer{}}.Reserve(1)
	require.NoError(t, err)
	release()
}
