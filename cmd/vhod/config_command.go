package main

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

type configCommands struct {
	Print configPrintCommand `cmd:"" help:"Show the effective configuration, its secrets masked, and what is unsafe in it."`
}

type configPrintCommand struct {
	Config string `required:"" placeholder:"FILE" help:"Configuration file (YAML)."`
}

// Run shows the configuration even when serve would refuse it, and then refuses too.
func (c configPrintCommand) Run(p *process) error {
	config, err := readConfig(c.Config, p.environ)
	if err != nil {
		return err
	}
	masked := config.masked()
	text, err := yaml.Marshal(masked)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	var tree map[string]any // of the same names, for JSON
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := p.print(tree, string(text[:len(text)-1])); err != nil {
		return err
	}
	return config.refused()
}
