// Checks a history of register operations (a JSON file, see history.ts) with Porcupine and prints the verdict.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type operation struct {
	Client   int     `json:"client"`
	Kind     string  `json:"kind"`
	Register string  `json:"register"`
	Value    *string `json:"value"`
	Start    float64 `json:"start"`
	// Negative: not known to have ended.
	End float64 `json:"end"`
}

type input struct {
	write bool
	value string
}

// A register that holds nothing at first ("" is no JSON text, so no value).
var model = porcupine.Model{
	Init: func() interface{} { return "" },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		if op := in.(input); op.write {
			return true, op.value
		}
		return out.(string) == state.(string), state
	},
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var operations []operation
	if err := json.Unmarshal(data, &operations); err != nil {
		log.Fatal(err)
	}
	var last float64
	registers := map[string][]operation{}
	for _, op := range operations {
		registers[op.Register] = append(registers[op.Register], op)
		last = max(last, op.End, op.Start)
	}
	names := make([]string, 0, len(registers))
	for name := range registers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		var history []porcupine.Operation
		for i, op := range registers[name] {
			value := ""
			if op.Value != nil {
				value = *op.Value
			}
			client, end := op.Client, op.End
			if end < 0 {
				// It may take effect at any time: concurrent with everything behind its start, as a client of its own.
				client, end = 1_000_000+i, last+1
			}
			history = append(history, porcupine.Operation{
				ClientId: client,
				Input:    input{op.Kind == "write", value},
				Call:     int64(op.Start * 1e6),
				Output:   value,
				Return:   int64(end * 1e6),
			})
		}
		switch porcupine.CheckOperationsTimeout(model, history, time.Minute) {
		case porcupine.Illegal:
			fmt.Printf("not linearizable: %s\n", name)
			return
		case porcupine.Unknown:
			fmt.Printf("not decided in a minute: %s\n", name)
			return
		}
	}
	fmt.Println("linearizable")
}
