package ocr

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"selfie/internal/apart"
	"selfie/internal/fault"
)

// Options say how text is read. A zero field means its default.
type Options struct {
	Program   string        // path of tesseract; "" looks on PATH, "off" reads nothing
	Languages string        // as tesseract names them, "eng+deu": "eng"
	Deadline  time.Duration // for one picture: 20 s
	Waiting   int           // how many may wait while one is read: 4
}

// Off is the Program that reads nothing.
const Off = "off"

const (
	askWithin = 10 * time.Second // for its version and languages
	maxOutput = 4 * MaxText
)

// Tesseract reads by the program of that name, one picture at a time and with
// one thread: two threads take three times as long together.
type Tesseract struct {
	state    State
	deadline time.Duration
	turn     chan struct{}
	line     chan struct{}
}

// Open looks for the program and asks what it can read. It returns nil with a
// State that is off when there is none, or none that reads the languages.
func Open(ctx context.Context, o Options) (*Tesseract, State) {
	if o.Program == Off {
		return nil, State{Says: "off, as configured: pictures are not read"}
	}
	path, err := exec.LookPath(cmp.Or(o.Program, "tesseract"))
	if err != nil {
		return nil, State{Says: "off: the program tesseract was not found. Install it (tesseract-ocr), or name its path by --ocr"}
	}
	state, err := ask(ctx, path, cmp.Or(o.Languages, "eng"))
	if err != nil {
		return nil, State{Program: path, Says: "off: " + err.Error()}
	}
	return &Tesseract{
		state: state, deadline: cmp.Or(o.Deadline, 20*time.Second),
		turn: make(chan struct{}, 1), line: make(chan struct{}, cmp.Or(o.Waiting, 4)+1),
	}, state
}

// State says what reads.
func (t *Tesseract) State() State { return t.state }

var languageList = regexp.MustCompile(`^[A-Za-z]\w*(?:/\w+)*(?:\+[A-Za-z]\w*(?:/\w+)*)*$`)

// ask finds out version and languages.
func ask(ctx context.Context, path, wanted string) (State, error) {
	if !languageList.MatchString(wanted) {
		return State{}, fmt.Errorf("%q is no list of languages; write eng+deu", wanted)
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	said, err := run(ctx, path, nil, "--version")
	if err != nil {
		return State{}, fmt.Errorf("%s does not run: %w", path, err)
	}
	version, _, _ := strings.Cut(said, "\n")
	listed, err := run(ctx, path, nil, "--list-langs")
	if err != nil {
		return State{}, fmt.Errorf("%s does not tell its languages: %w", path, err)
	}
	return choose(path, strings.TrimSpace(version), strings.Fields(listed), strings.Split(wanted, "+"))
}

// choose keeps the wanted languages that are installed.
func choose(path, version string, installed, wanted []string) (State, error) {
	s := State{Program: path, Version: version}
	var missing []string
	for _, l := range wanted {
		if slices.Contains(installed, l) {
			s.Languages = append(s.Languages, l)
		} else {
			missing = append(missing, l)
		}
	}
	lacks := ""
	if len(missing) > 0 {
		lacks = fmt.Sprintf("; not installed: %s (packages tesseract-ocr-…)", strings.Join(missing, ", "))
	}
	if len(s.Languages) == 0 {
		return s, errors.New("none of the languages is there" + lacks)
	}
	s.On, s.Says = true, fmt.Sprintf("on: %s reads %s%s", version, strings.Join(s.Languages, "+"), lacks)
	return s, nil
}

// Read implements Reader. The program and all it started are killed when the
// deadline passes or ctx ends.
func (t *Tesseract) Read(ctx context.Context, picture []byte) (string, error) {
	select {
	case t.line <- struct{}{}:
		defer func() { <-t.line }()
	default:
		return "", fault.New(fault.Unavailable, "Many pictures are being read right now. Try again in a moment.")
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", fault.Wrap(ctx.Err(), fault.Unavailable, "The picture was not read.")
	}
	ctx, cancel := context.WithTimeout(ctx, t.deadline)
	defer cancel()
	text, err := run(ctx, t.state.Program, picture, "stdin", "stdout", "-l", strings.Join(t.state.Languages, "+"))
	switch {
	case ctx.Err() != nil:
		return "", fault.Wrap(ctx.Err(), fault.Unavailable, "The picture was not read in time.")
	case err != nil:
		return "", fault.Wrap(err, fault.Invalid, "The picture could not be read.")
	}
	return Tidy(text), nil
}

// run runs the program in a process group of its own, with an environment that
// tells it little, and returns what it writes, up to maxOutput bytes.
func run(ctx context.Context, path string, input []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	if data, set := os.LookupEnv("TESSDATA_PREFIX"); set {
		cmd.Env = append(cmd.Env, "TESSDATA_PREFIX="+data)
	}
	out, complaint := &apart.Capped{Room: maxOutput}, &apart.Capped{Room: 1 << 10}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), out, complaint
	apart.Group(cmd)
	err := cmd.Run()
	if why := strings.TrimSpace(complaint.String()); err != nil && why != "" {
		err = fmt.Errorf("%w: %s", err, why)
	}
	return out.String(), err
}
