/// A digest of 64 bits, eight bytes at a time: it is made of every record that is taken, and guards against mistakes,
/// not against attackers.
struct RecordDigest {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
        // Each step can be undone, so that two states that differ before it differ after it.
        state = (state ^ word) &* 0xBF58_476D_1CE4_E5B9
        state ^= state >> 29
    }

    /// nil is not the same as no bytes.
    mutating func add(_ bytes: [UInt8]?) {
        guard let bytes else { return add(.max) }
        add(UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 8 <= raw.count {
                unsafe add(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                offset += 8
            }
            guard offset < raw.count else { return }
            unsafe add(raw[offset...].reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    var value: UInt64 {
        let mixed = (state ^ (state >> 30)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
