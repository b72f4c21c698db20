import Testing

@testable import Messages

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
        ("\u{7F}~}|", "f359fA=="),
    ])
    func isThatOfRFC4648(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Zm9v=", "Z g=", "Zg==Zg=="])
    func refusesWhatIsNone(text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }
}
