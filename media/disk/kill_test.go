package disk_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"selfie/media"
	"selfie/media/disk"
)

const childDir = "SELFIE_TEST_DISK_CHILD"

// TestMain turns the test's own binary into the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Println(putForever(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// putForever puts blobs named by their content and prints each key that Put has
// acknowledged.
func putForever(dir string) error {
	store, err := disk.Open(dir, time.Now)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		data := bytes.Repeat(fmt.Append(nil, i, " of the blobs\n"), 3000)
		key := keyOf(data)
		if err := store.Put(context.Background(), key, bytes.NewReader(data), int64(len(data)), ""); err != nil {
			return err
		}
		fmt.Println(key)
	}
}

func keyOf(data []byte) string {
	sum := sha256.Sum256(data)
	return media.Key(hex.EncodeToString(sum[:]), media.Large, "png")
}

// Processes are killed (SIGKILL) while they put: what Put acknowledged is there, and
// whatever is there is whole.
func TestKilledWhilePutting(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for kill := range 8 {
		for _, key := range runAndKill(t, dir, 5+3*kill) {
			acknowledged[key] = true
		}
	}
	s := open(t, dir, time.Now)
	page, err := s.List(t.Context(), "", media.MaxList)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range page {
		r, _, err := s.Open(t.Context(), info.Key)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil || keyOf(data) != info.Key {
			t.Errorf("%s holds %d bytes of something else (%v)", info.Key, len(data), err)
		}
		delete(acknowledged, info.Key)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged blobs are lost", len(acknowledged))
	}
}

// runAndKill kills a putting process after its nth acknowledgement and returns all
// it made.
func runAndKill(t *testing.T, dir string, n int) (keys []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if !strings.HasSuffix(lines.Text(), ".png") {
			t.Errorf("the process said %q", lines.Text())
			break
		}
		if keys = append(keys, lines.Text()); len(keys) == n {
			cmd.Process.Kill()
		}
	}
	cmd.Process.Kill()
	cmd.Wait() // killed: its status says nothing
	return keys
}
