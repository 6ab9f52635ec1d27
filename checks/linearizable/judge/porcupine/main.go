// Checks a history of register operations (a file of JSON lines, see history.ts) with Porcupine and prints the verdict.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"sort"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

type operation struct {
	Client   int    `json:"client"`
	Kind     string `json:"kind"`
	Register string `json:"register"`
	// "": nothing.
	Value    string  `json:"value"`
	Replaces *string `json:"replaces"`
	Start    float64 `json:"start"`
	// Negative: not known to have ended.
	End float64 `json:"end"`
}

// A register that holds nothing at first ("" is no JSON text, so no value). Each value is a version of its own: a write
// on a condition replaces exactly the value that its entity tag stood for, and is refused only while another one is there.
var model = porcupine.Model{
	Init: func() interface{} { return "" },
	Step: func(state, in, _ interface{}) (bool, interface{}) {
		op, now := in.(operation), state.(string)
		switch op.Kind {
		case "write":
			return op.Replaces == nil || *op.Replaces == now, op.Value
		case "refused":
			return op.Value != now, now
		default:
			return op.Value == now, now
		}
	},
}

func main() {
	registers, last := read(os.Args[1])
	names := make(chan string)
	verdicts := make(chan string, len(registers))
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for name := range names {
				if verdict := check(registers[name], last); verdict != "" {
					verdicts <- verdict + ": " + name
				}
			}
		}()
	}
	for name := range registers {
		names <- name
	}
	close(names)
	workers.Wait()
	close(verdicts)
	var found []string
	for verdict := range verdicts {
		found = append(found, verdict)
	}
	if len(found) == 0 {
		fmt.Println("linearizable")
		return
	}
	sort.Strings(found)
	fmt.Printf("%d of %d registers\n", len(found), len(registers))
	for _, verdict := range found[:min(20, len(found))] {
		fmt.Println("  " + verdict)
	}
}

// The operations of each register, and a time behind all of them.
func read(path string) (map[string][]operation, float64) {
	file, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	registers := map[string][]operation{}
	last := 0.0
	lines := json.NewDecoder(bufio.NewReaderSize(file, 1<<20))
	for {
		var op operation
		if err := lines.Decode(&op); err == io.EOF {
			return registers, last + 1
		} else if err != nil {
			log.Fatal(err)
		}
		registers[op.Register] = append(registers[op.Register], op)
		last = max(last, op.End, op.Start)
	}
}

// "" when one order explains everything.
func check(operations []operation, last float64) string {
	history := make([]porcupine.Operation, 0, len(operations))
	for i, op := range operations {
		client, end := op.Client, op.End
		if end < 0 {
			// It may take effect at any time: concurrent with everything behind its start, as a client of its own.
			client, end = 1_000_000+i, last
		}
		history = append(history, porcupine.Operation{
			ClientId: client,
			Input:    op,
			Call:     int64(op.Start * 1e6),
			Return:   int64(end * 1e6),
		})
	}
	switch porcupine.CheckOperationsTimeout(model, history, time.Minute) {
	case porcupine.Illegal:
		return "not linearizable"
	case porcupine.Unknown:
		return "not decided in a minute"
	}
	return ""
}
