/// The numbers below a count in an order by chance, which is kept nowhere: each place is computed by itself.
///
/// A Feistel network (Luby, Rackoff: How to Construct Pseudorandom Permutations, 1988) permutes the numbers of an even
/// count of bits, fewer than four times as many as are wanted; what falls beyond them is permuted again until it does not
/// (Black, Rogaway: Ciphers with Arbitrary Finite Domains, 2002).
struct Permutation: Sendable {
    /// Its halves are 31 bits.
    static let most = 1 << 62

    private let count: Int
    private let key: UInt64
    private let halfBits: Int

    /// The four that hide from an attacker leave patterns in a few bits.
    private static let rounds: UInt64 = 8

    /// - Parameter count: 1 to `most`.
    init(of count: Int, key: UInt64) {
        self.count = count
        self.key = key
        halfBits = (Int.bitWidth - (count - 1).leadingZeroBitCount + 1) / 2
    }

    /// - Parameter place: from 0 to `count - 1`.
    subscript(place: Int) -> Int {
        var number = place
        repeat { number = permuted(number) } while number >= count
        return number
    }

    private func permuted(_ number: Int) -> Int {
        let mask = UInt64(1) << UInt64(halfBits) - 1
        var (left, right) = (UInt64(number) >> UInt64(halfBits), UInt64(number) & mask)
        for round in 0..<Self.rounds {
            (left, right) = (right, left ^ SplitMix64.number(right | round << 32, of: key) & mask)
        }
        return Int(left << UInt64(halfBits) | right)
    }
}
