package main

import (
	"runtime"
	"runtime/debug"

	"vhod/idp/metric"
)

type versionCommand struct{}

type versionAnswer struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

// build is what the metrics tell of it.
func build() metric.Build {
	v := version()
	return metric.Build{Version: v.Version, Revision: v.Revision, Go: v.Go}
}

// Run tells what the binary was built from.
func (versionCommand) Run(p *process) error {
	answer := version()
	line := "vhod " + answer.Version + " " + answer.Revision
	return p.print(answer, line+" "+answer.Go)
}

func version() versionAnswer {
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
	return answer
}
