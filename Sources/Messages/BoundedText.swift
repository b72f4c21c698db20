extension String {
    /// The text, cut to so many bytes of UTF-8 where it is longer; an ellipsis says that it was.
    ///
    /// What a request brings may be quoted in an answer, and must not make the answer too large to publish. Bytes
    /// count, not characters: one letter may carry half a megabyte of accents.
    package func cut(toBytes most: Int) -> String {
        guard utf8.count > most else { return self }
        let ellipsis = "…"
        var end = utf8.index(startIndex, offsetBy: max(0, most - ellipsis.utf8.count))
        // Never inside a character's bytes.
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return self[..<end] + ellipsis
    }
}
