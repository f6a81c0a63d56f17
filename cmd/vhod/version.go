package main

import (
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

type versionAnswer struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

// Run tells what the binary was built from.
func (versionCommand) Run(p *process) error {
	answer := versionAnswer{Version: "unknown", Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		answer.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				answer.Revision = s.Value
			case "vcs.modified":
				answer.Modified = s.Value == "true"
			}
		}
	}
	line := "vhod " + answer.Version + " " + answer.Revision
	return p.print(answer, line+" "+answer.Go)
}
