// Checks a proof of `florin ledger proof --json` a second time, with what others wrote: the trees
// and the signed notes of Go's checksum database (golang.org/x/mod/sumdb). The bytes that are hashed
// are put together here from docs/sealing.md.
//
// usage: go run . PUBLIC_KEY < proof.json     prints the transaction's kind and legs; exit code 0
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type hash tlog.Hash

func (h *hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return fmt.Errorf("not a hash: %s", text)
	}
	_, err := hex.Decode(h[:], text)
	return err
}

type block struct {
	Slot     uint16
	Number   int64
	Epoch    int16
	LoXid    int64 `json:"lo_xid"`
	HiXid    int64 `json:"hi_xid"`
	N        int32
	Root     hash
	Previous hash
	Hash     hash
}

type proof struct {
	Transaction  string
	Position     int64
	Path         []hash
	Block        block
	Later        []block
	HeadPosition int64  `json:"head_position"`
	HeadPath     []hash `json:"head_path"`
	Anchor       struct {
		Number    int64
		AtUs      int64 `json:"at_us"`
		Slots     int32
		HeadsRoot hash `json:"heads_root"`
	}
	AnchorPath []hash `json:"anchor_path"`
	Note       string
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bad proof:", err)
		os.Exit(1)
	}
}

func need(holds bool, what string) {
	if !holds {
		must(fmt.Errorf("%s", what))
	}
}

func packed(parts ...any) []byte {
	var out bytes.Buffer
	for _, part := range parts {
		must(binary.Write(&out, binary.BigEndian, part))
	}
	return out.Bytes()
}

func (b block) hash() hash {
	return sha256.Sum256(packed(uint8(2), b.Previous, b.Slot, b.Epoch, b.Number, b.LoXid, b.HiXid,
		b.N, b.Root))
}

func (b block) leaf() tlog.Hash {
	return tlog.RecordHash(packed(uint8(3), b.Slot, b.Number, b.Hash))
}

func contains(root hash, size, index int64, leaf tlog.Hash, path []hash) error {
	var record tlog.RecordProof
	for _, one := range path {
		record = append(record, tlog.Hash(one))
	}
	return tlog.CheckRecord(record, size, tlog.Hash(root), index, leaf)
}

func main() {
	var p proof
	must(json.NewDecoder(os.Stdin).Decode(&p))
	transaction, err := hex.DecodeString(p.Transaction)
	must(err)
	must(contains(p.Block.Root, int64(p.Block.N), p.Position, tlog.RecordHash(transaction), p.Path))
	head := p.Block
	need(head.hash() == head.Hash, "the block's hash")
	for _, next := range p.Later {
		need(next.Slot == head.Slot && next.Number == head.Number+1 && next.Previous == head.Hash &&
			next.hash() == next.Hash, "the chain of blocks")
		head = next
	}
	must(contains(p.Anchor.HeadsRoot, int64(p.Anchor.Slots), p.HeadPosition, head.leaf(), p.HeadPath))

	verifier, err := note.NewVerifier(os.Args[1])
	must(err)
	opened, err := note.Open([]byte(p.Note), note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	need(len(lines) == 4 && lines[0] == verifier.Name(), "the lines of the checkpoint")
	need(lines[1] == fmt.Sprint(p.Anchor.Number), "the size of the checkpoint")
	decoded, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	var root hash
	need(copy(root[:], decoded) == 32 && len(decoded) == 32, "the root of the checkpoint")
	anchor := tlog.RecordHash(packed(uint8(4), p.Anchor.Number, p.Anchor.AtUs, p.Anchor.Slots,
		p.Anchor.HeadsRoot))
	must(contains(root, p.Anchor.Number, p.Anchor.Number-1, anchor, p.AnchorPath))

	// version 1, slot 2, id, merchant and source 16 each, then the kind with its length.
	length := binary.BigEndian.Uint32(transaction[51:55])
	rest := transaction[55+length:]
	fmt.Println(string(transaction[55:55+length]), binary.BigEndian.Uint32(rest[8:12]))
}
