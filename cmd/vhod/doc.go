// Command vhod is the identity provider: the production server, the sandbox for
// trying it, and the operators' commands.
//
// It owns the command line, the configuration and the start and stop of
// processes, and is the only place that reads the machine's clock and files.
// `vhod serve` refuses unsafe settings and reaches nothing of the sandbox.
//
// It never decides about people, services or tokens: that is idp's.
package main
