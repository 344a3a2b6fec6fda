package mediatest_test

import (
	"testing"
	"time"

	"selfie/media"
	"selfie/media/mediatest"
)

func TestMemory(t *testing.T) {
	mediatest.Run(t, func(*testing.T) media.Store { return mediatest.NewMemory(time.Now) })
}
