import Certificates
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: TestAuthority.program != nil, "needs openssl")) struct CertificateFileTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    private func read(_ name: String) -> [UInt8] { authority.folder.read(name) }

    @Test func theExpiryIsThatOfTheCertificate() throws {
        try authority.certificate("node.pem", days: 30)
        let expiries = try CertificateFile.expiries(pem: read("node.pem"))
        #expect(expiries.count == 1)
        #expect(abs(expiries[0] - Int64(time(nil)) - 30 * 86_400) < 600)
    }

    @Test func eachOfAFileIsThereInItsOrderAndAKeyIsPassedOver() throws {
        try authority.certificate("a.pem", days: 30)
        try authority.certificate("b.pem", days: 10)
        let both = read("a.pem") + read("key.pem") + Array("# a word\n".utf8) + read("b.pem")
        let expiries = try CertificateFile.expiries(pem: both)
        #expect(expiries.count == 2 && expiries[0] > expiries[1])
    }

    @Test func anExpiryFarAwayAndOneOfThePastAreTold() throws {
        try authority.certificate("old.pem", days: 36_500)
        #expect(try CertificateFile.expiries(pem: read("old.pem"))[0] > 4_000_000_000)
        let expired = Array(TestCertificates.expired.utf8)
        #expect(try CertificateFile.expiries(pem: expired) == [TestCertificates.expiredAt])
    }

    @Test func aRevocationListExpiresWhenItsNextIsDue() throws {
        let lists = Array(TestCertificates.revocations.utf8)
        #expect(try CertificateFile.expiries(revocations: lists) == TestCertificates.revocationsDueAt)
        #expect { try CertificateFile.expiries(revocations: Array(TestCertificates.expired.utf8)) } throws: {
            "\($0)" == "it has no revocation list in PEM"
        }
        #expect { try CertificateFile.expiries(pem: lists) } throws: { "\($0)" == "it has no certificate in PEM" }
        #expect { try CertificateFile.expiries(revocations: Array(lists[..<(lists.count - 40)])) } throws: {
            "\($0)".contains("a revocation list cannot be read")
        }
    }

    @Test(arguments: ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n", "\0\u{1}\0"])
    func whatIsNoCertificateIsSaidToBeNone(text: String) {
        #expect(throws: CertificateProblem.self) { try CertificateFile.expiries(pem: Array(text.utf8)) }
        #expect(throws: CertificateProblem.self) {
            try CertificateFile.expiries(pkcs12: Array(text.utf8), password: "")
        }
    }

    @Test func aDamagedOneBehindAGoodOneIsNotPassedOver() throws {
        try authority.certificate("a.pem", days: 30)
        var bytes = read("a.pem") + read("a.pem")
        bytes[bytes.count - 200] = UInt8(ascii: "!")
        #expect { try CertificateFile.expiries(pem: bytes) } throws: {
            "\($0)".contains("a certificate cannot be read")
        }
    }

    /// What libcrypto says of an error is kept by thread, and of this one it says nothing.
    @Test func anErrorIsNotTheNextFilesCause() throws {
        let lines = TestCertificates.expired.split(separator: "\n").dropFirst().dropLast()
        var bytes = try [UInt8](#require(Data(base64Encoded: lines.joined())))
        // The month of its end.
        let end = try #require(bytes.firstRange(of: Array("210101000000Z".utf8))).lowerBound
        bytes[end + 2] = UInt8(ascii: "9")
        let pem = "-----BEGIN CERTIFICATE-----\n\(Data(bytes).base64EncodedString())\n-----END CERTIFICATE-----\n"
        _ = try? CertificateFile.expiries(pkcs12: Array("no".utf8), password: "")
        #expect { try CertificateFile.expiries(pem: Array(pem.utf8)) } throws: {
            "\($0)" == "the end of a certificate is no time"
        }
    }

    @Test func aKeystoreIsOpenedByItsPasswordAlone() throws {
        try authority.certificate("a.pem", days: 30)
        try authority.keystore("a.p12", of: "a.pem", password: "secret")
        #expect(try CertificateFile.expiries(pkcs12: read("a.p12"), password: "secret").count == 1)
        #expect { try CertificateFile.expiries(pkcs12: read("a.p12"), password: "other") } throws: {
            "\($0)".contains("cannot be opened")
        }
    }

    @Test func bytesOfAnyKindAreMoreThanRefusedByNobody() throws {
        try authority.certificate("a.pem", days: 30)
        try authority.keystore("a.p12", of: "a.pem", password: "p")
        for name in ["a.pem", "a.p12"] {
            let bytes = read(name)
            for place in stride(from: 0, to: bytes.count, by: 7) {
                var damaged = bytes
                damaged[place] = ~damaged[place]
                _ = try? CertificateFile.expiries(pem: damaged)
                _ = try? CertificateFile.expiries(revocations: damaged)
                _ = try? CertificateFile.expiries(pkcs12: damaged, password: "p")
                _ = try? CertificateFile.expiries(pkcs12: Array(bytes[..<place]), password: "p")
            }
        }
    }
}
