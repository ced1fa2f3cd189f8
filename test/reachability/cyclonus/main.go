// Command policy-reader answers who may connect to whom, as github.com/mattfenwick/cyclonus reads NetworkPolicies.
//
// It reads one line of JSON a platform from standard input and answers each with one line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// Longest line: platforms with thousands of addresses.
const longestLine = 64 << 20

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "policy-reader: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for lines.Scan() {
		var asked platform
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		answer, err := asked.answer()
		if err != nil {
			return err
		}
		fmt.Fprintln(answers, answer)
	}
	return lines.Err()
}
