// geth-seal gives envelopes their work as go-ethereum does, on one thread, and tells how long it took.
//
// Each line of its input is "<RLP of an envelope, in hex> <work>"; it answers {"nonce": ..., "seconds": ...}.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"time"

	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/whisper/whisperv6"
)

const workTimeMax = 60 // seconds

type answer struct {
	Nonce   uint64  `json:"nonce"`
	Seconds float64 `json:"seconds"`
}

func seal(raw []byte, pow float64) (answer, error) {
	var envelope whisperv6.Envelope
	if err := rlp.DecodeBytes(raw, &envelope); err != nil {
		return answer{}, err
	}
	start := time.Now()
	err := envelope.Seal(&whisperv6.MessageParams{PoW: pow, WorkTime: workTimeMax})
	return answer{envelope.Nonce, time.Since(start).Seconds()}, err
}

func main() {
	runtime.GOMAXPROCS(1)
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var text string
		var pow float64
		if _, err := fmt.Sscan(lines.Text(), &text, &pow); err != nil {
			log.Fatal(err)
		}
		raw, err := hex.DecodeString(text)
		if err != nil {
			log.Fatal(err)
		}
		sealed, err := seal(raw, pow)
		if err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(sealed); err != nil {
			log.Fatal(err)
		}
	}
}
