/// Text that stands in a string of JSON as it is, and is ASCII: nearly all there is.
enum PlainText {
    /// Where it ends: at a quote, a backslash, a control character or a byte that is no ASCII, or with the bytes.
    ///
    /// Eight bytes at a time: each is looked at by what a subtraction does to its highest bit, which is set in what is no
    /// ASCII as it is. Of the bytes that stand out the first is always right, since a borrow only goes to those behind it
    /// (after Anderson, "Bit Twiddling Hacks", hasless).
    static func end(of bytes: Slice<UnsafeRawBufferPointer>, from start: Int) -> Int {
        let (base, end) = unsafe (bytes.base, bytes.endIndex)
        var index = start
        while index + 8 <= end {
            let word = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let isControl = word &- repeated(0x20)
            let isQuote = (word ^ repeated(Byte.quote)) &- repeated(1)
            let isBackslash = (word ^ repeated(Byte.backslash)) &- repeated(1)
            let found = (isControl | isQuote | isBackslash | word) & repeated(0x80)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            let byte = unsafe base[index]
            if byte < 0x20 || byte >= 0x80 || byte == Byte.quote || byte == Byte.backslash { return index }
            index += 1
        }
        return end
    }

    private static func repeated(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }
}
