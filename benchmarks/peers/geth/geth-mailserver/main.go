// geth-mailserver is go-ethereum's mail server on loopback, with an archive that is made first.
//
// geth-mailserver <folder> <password> <number of envelopes> <time of the first, in seconds since 1970>
//
// It prints its enode once it serves, and ends with its input.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/whisper/mailserver"
	"github.com/ethereum/go-ethereum/whisper/whisperv6"
	"golang.org/x/crypto/sha3"
)

// As those of benchmarks/peers/history.py.
const (
	ttl       = 50
	perSecond = 100
	dataSize  = 488
	nonce     = 1 << 40
)

func envelope(index, firstSent uint32) *whisperv6.Envelope {
	var seed [4]byte
	binary.BigEndian.PutUint32(seed[:], index)
	data := make([]byte, dataSize)
	sha3.ShakeSum128(data, seed[:])
	return &whisperv6.Envelope{
		Expiry: firstSent + index/perSecond + ttl,
		TTL:    ttl,
		Topic:  whisperv6.TopicType{0, 0, 0, byte(index)},
		Data:   data,
		Nonce:  nonce,
	}
}

func number(text string) uint32 {
	value, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		log.Fatal(err)
	}
	return uint32(value)
}

func main() {
	folder, password := os.Args[1], os.Args[2]
	count, firstSent := number(os.Args[3]), number(os.Args[4])
	shh := whisperv6.StandaloneWhisperService(&whisperv6.DefaultConfig)
	var mail mailserver.WMailServer
	shh.RegisterServer(&mail)
	if err := mail.Init(shh, folder, password, 0); err != nil {
		log.Fatal(err)
	}
	defer mail.Close()
	for index := uint32(0); index < count; index++ {
		mail.Archive(envelope(index, firstSent))
	}
	key, err := crypto.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	server := p2p.Server{Config: p2p.Config{
		PrivateKey:  key,
		MaxPeers:    10,
		Name:        "geth-mailserver",
		Protocols:   shh.Protocols(),
		ListenAddr:  "127.0.0.1:0",
		NoDiscovery: true,
	}}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
	defer server.Stop()
	fmt.Println(server.NodeInfo().Enode)
	io.Copy(io.Discard, os.Stdin)
}
