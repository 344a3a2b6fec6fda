package storetest

import (
	"testing"
)

func testConcurrent(t *testing.T, target Target) {}
func testModel(t *testing.T, target Target)      {}
