import Testing

@testable import Messages

@Suite struct JSONReaderTests {
    private func parse(_ text: String) throws(JSONProblem) -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    @Test func readsEveryKindOfValue() throws {
        let value = try parse(#" {"a":[1,-2.5,1e3,true,false,null],"b":{"c":"d"},"e":""} "#)
        #expect(value["a"]?.elements == [.integer(1), .number(-2.5), .number(1000), .bool(true), .bool(false), .null])
        #expect(value["b"]?["c"] == .string("d"))
        #expect(value["e"]?.string == "")
    }

    @Test func resolvesEscapesAndSurrogatePairs() throws {
        #expect(try parse(#""a\n\t\"\\\/\u0041\uD83D\uDE00é""#) == .string("a\n\t\"\\/A😀é"))
    }

    @Test(arguments: [
        ("", 0), ("{", 1), ("[1,]", 3), (#"{"a":1,}"#, 7), (#"{"a" 1}"#, 5), ("01", 0), ("1.", 2), ("1e", 2), ("-", 1),
        ("nul", 0), ("1 2", 2), (#""\x""#, 2), (#""\ud800""#, 3), (#""\udc00""#, 3), ("\"a\u{01}\"", 2), ("1e400", 0),
        (#"{a:1}"#, 1), ("\"abc", 4), (#"{"a":1"b":2}"#, 6), ("[1 2]", 3),
    ])
    func namesTheByteOfWhatIsWrong(text: String, offset: Int) {
        #expect { _ = try parse(text) } throws: { ($0 as? JSONProblem)?.offset == offset }
        // Skipping checks as much as reading.
        #expect(throws: JSONProblem.self) {
            var reader = JSONReader(Array(text.utf8))
            _ = try reader.skipValue()
            try reader.end()
        }
    }

    @Test func refusesInvalidUTF8InStrings() {
        for invalid: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] {
            let document = [UInt8(ascii: "\"")] + invalid + [UInt8(ascii: "\"")]
            #expect(throws: JSONProblem(offset: 1, message: "invalid UTF-8 inside a string")) {
                try JSONValue.parse(document)
            }
        }
    }

    @Test func survivesAMegabyteOfBrackets() {
        for bracket in ["[", "{\"a\":"] {
            let document = Array(String(repeating: bracket, count: 1_000_000 / bracket.utf8.count).utf8)
            #expect { try JSONValue.parse(document) } throws: { "\($0)".contains("nested deeper than 128") }
        }
    }

    @Test func keepsIntegersOf64BitsAndMakesLargerOnesDoubles() throws {
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse("3.0").integer == 3)
        #expect(try parse("3.5").integer == nil)
    }

    @Test func writesWhatItReads() throws {
        let text = #"{"a":[1,-2.5,true,null,"x\"\\\n\u0001é"],"b":{},"c":[],"d":1e+300}"#
        #expect(try parse(text).text == text)
    }

    @Test func writesDoublesThatReadBackTheSame() throws {
        var generator = SplitMix64(state: 7)
        for _ in 0..<20_000 {
            let double = Double(bitPattern: generator.next())
            guard double.isFinite else {
                #expect(JSONValue.number(double).text == "null")
                continue
            }
            #expect(try parse(JSONValue.number(double).text).double == double)
        }
    }

    @Test(arguments: [UInt64(1), 20_260_131])
    func neverTrapsOnDamagedDocuments(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let whole = Array(
            #"{"request_id":"r","strategy":{"name":"n","parameters":{"a":[1,2.5e3,"é\n😀"]}},"x":null}"#.utf8)
        for _ in 0..<20_000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<damaged.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: damaged.removeSubrange(place...)
                default: damaged.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
                if damaged.isEmpty { damaged = whole }
            }
            // Both ways agree on what is JSON, and what is read writes and reads back.
            let tree = try? JSONValue.parse(damaged)
            var reader = JSONReader(damaged)
            let isSkipped = (try? reader.skipValue()) != nil && (try? reader.end()) != nil
            #expect((tree != nil) == isSkipped, "seed \(seed): \(damaged)")
            if let tree { #expect((try? JSONValue.parse(Array(tree.text.utf8))) == tree, "seed \(seed)") }
            _ = try? StrategyRequest.parse(damaged)
            _ = try? HostReply.parse(damaged)
        }
    }
}

/// A generator whose run a seed replays (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
