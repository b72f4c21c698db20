/// Points that fill a cube evenly, however many there are of them (Sobol 1967): dimension by dimension the exclusive or of
/// the direction numbers that the bits of the point's Gray code name (Antonov, Saleev 1979).
///
/// The direction numbers are those of Joe and Kuo: Constructing Sobol Sequences with Better Two-Dimensional Projections,
/// SIAM J. Sci. Comput. 30, 2008; their file new-joe-kuo-6. Points are those of scipy.stats.qmc.Sobol.
enum Sobol {
    static let dimensions = initial.count
    private static let bits = 32

    /// Degree s and coefficients a of a primitive polynomial, and the first s numbers m; the first dimension has none.
    private static let initial: [(s: Int, a: UInt32, m: [UInt32])] = [
        (0, 0, []), (1, 0, [1]), (2, 1, [1, 3]), (3, 1, [1, 3, 1]), (3, 2, [1, 1, 1]), (4, 1, [1, 1, 3, 3]),
        (4, 4, [1, 3, 5, 13]), (5, 2, [1, 1, 5, 5, 17]), (5, 4, [1, 1, 5, 5, 5]), (5, 7, [1, 1, 7, 11, 19]),
        (5, 11, [1, 1, 5, 1, 1]), (5, 13, [1, 1, 1, 3, 11]), (5, 14, [1, 3, 5, 5, 31]),
        (6, 1, [1, 3, 3, 9, 7, 49]), (6, 13, [1, 1, 1, 15, 21, 21]), (6, 16, [1, 3, 1, 13, 27, 49]),
        (6, 19, [1, 1, 1, 15, 7, 5]), (6, 22, [1, 3, 1, 15, 13, 25]), (6, 25, [1, 1, 5, 5, 19, 61]),
        (7, 1, [1, 3, 7, 11, 23, 15, 103]), (7, 4, [1, 3, 7, 13, 13, 15, 69]),
    ]

    private static let directions: [[UInt32]] = initial.map { s, a, m in
        // Van der Corput's: each bit by itself, in turn.
        guard s > 0 else { return (0..<bits).map { 1 << UInt32(bits - 1 - $0) } }
        var numbers = m.enumerated().map { $1 << UInt32(bits - 1 - $0) }
        for index in s..<bits {
            let last = numbers[index - s]
            let terms = (1..<s).filter { a >> UInt32(s - 1 - $0) & 1 == 1 }
            numbers.append(terms.reduce(last ^ last >> UInt32(s)) { $0 ^ numbers[index - $1] })
        }
        return numbers
    }

    /// - Parameters:
    ///   - index: of the point, from 0, below 2^32.
    ///   - dimension: from 0 to `dimensions - 1`.
    /// - Returns: in units of 2^-32.
    static func coordinate(_ index: Int, _ dimension: Int) -> UInt32 {
        let directions = directions[dimension]
        var code = index ^ index >> 1
        var value: UInt32 = 0
        while code > 0 {
            value ^= directions[code.trailingZeroBitCount]
            code &= code - 1
        }
        return value
    }
}
