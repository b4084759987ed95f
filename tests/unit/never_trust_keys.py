"""Two RSA-2048 key pairs for tests alone. Their private halves are published here: no device may
ever trust them.

`sign` is the textbook operation on a padded block, written from RFC 8017; it shares no code with
stimcore.signature.
"""

import hashlib

N_HEX = (
    "acc1472e02293d80c73aa32fabd5e762bee79b6415b8d0b1b5e8f0da7cebcd5d7ae8512657e79a8aff8d35f94cf79650a2fb0fdeab6beb1a6c062575ba469b35"
    "02cbe427a456ed79bf4d0ad17ff3d8e0b6bd864b4c6e03d88a1c14739b2776669a5423d5b72c784c64a7f43ea9c7205a6ff8d41116743777234319f474de1729"
    "d6176bdb21dcf2a42e74eb91b8929927d7bd7dd1892e6a1e58f48045a49d99c4540aa74102eea6f2dbf6db495a06b099d32e388504dcd98a3e4fb0577fc6d6d9"
    "489669d9a348802fd9c6eee8371e4e4081469e4481dda0bcd2884fef4c79bb6758aaef196a987d4b157beb2da0c38e27fd21d400b9bffbb8a3a9089676daf2b7"
)
_D_HEX = (
    "0354a09a2ef97b919185bc62ad65ecd59707a113cf6566449ed4b45c09ff83d0930f8a8cfa31e1655fa2e9d0fa1e65dbfd2069006a7ea4a43843f011f27aed00"
    "1b23322d5f7a3b8ed6d4d5ea0f14f4eff425f8425861609a9aa30af3e5a05fa47fc23284aac8e532d7d7f31a082cea1f443c605e49f8089fb7e2d1cbc83b05e8"
    "44e4283b4fd44802601c40fd1054fd7e0796eddd4b121c0e681ec09273667acadfb95f79a414af64e5eec560dd08eca1cad570182fe7ff9402dc4513f69ea21d"
    "c78c22f353caeb8865612a010a49a80b91fcf0cf7c661aa444cd04b257bf1870faf278b6dc42be8aad2cc6289ed43c0facb2bcf78a4afae2cfc0ed9fbfbba009"
)
OTHER_N_HEX = (
    "aad3177ec3395f82b9f828c0b63ceb357171c0a19f7b8ab0ecd63911904a7f31e9f5d6f254b7e5e04258d7f28025c58fe857e63c6f98c8ed37f37ceb8aa19f14"
    "c4dadccd96d82226cf6a2c2e25a9b851ddf285a83f6444da12506356da9bf357923cb67858a063af65cd6a7b385cd81e6c523ead05a9b48046a533da11ceafdd"
    "e57684391d0b74f93189dd5a076be82b3ca710e19c5d91cb9a34a13d963eb531f4c7c748da5e6abb3d3afc1951ce1447aa6dd4f6793efd9272585114d8fe0289"
    "b75510d46ec1c770898737d40a6ab88b603565f6f28a88afedbbf36655227fd7c4ab06bcb7346f4186e6659b494cb56b970e09e85ebbe82977b21e000b5b1523"
)
_OTHER_D_HEX = (
    "168320e40af205da726162c1843818094ad78d10350bdb75c0933a21cc9712172fb83f290ad8276fd15e93004ee4c0c4b12a85aeee4814d15fb51e2a8e725e9c"
    "2695ef511ac6db62aba55832dc07776be13e43b6036601458f474fd2d396dcd016ccc5d6ab5b61226d88a4e1489c17bbe956421346f29bffe70f80d0b02b1720"
    "5af3165eb7b72ce1bebbc064580aee9d7acd21b56e02bad161f15e892a5bcc654d5166934419b10bb96b085c56d6b152b1c3a92673ae3eaf598c3f34264d5e00"
    "8f7e21cd886248f16929982db077655a314c94b7a3ac8cb9df46771ff3513486c40231dfd02d8adde1b5db06a4dd6ab2ac26f6891dbc64d5546ca8076cd66d29"
)
# The larger prime factor of each, and the other one's inverse modulo it: MicroPython signs with
# them in a quarter of the time.
_P_HEX = (
    "f17832d6b71d68d97f87bd42557638d605a50b265f56af0335867e091ae29ef98988e09b73ae243a5cad15833487110131d13f0841e26adfe33afbb740ab3463"
    "59d8e6c0e3586a053ed115fd47757cd0e85e3196c98c803fdd3a7e0be7572e8a39eb7fcf728b433df15d5b8eeb386cdc1616139903567929d952f54c765d6a09"
)
_Q_INVERSE_HEX = (
    "c590ceffd5fef5f75b0e541e699ba2cde1716f8647beee65abbc4654d3c808d7d25665d1dd799d311e98effb9746ef8a10e99d6e9a71b24e41e07563095fec5d"
    "897a21d2c6f9606ee2a7b717420b99ff4113e29cbc01c078ace38956260d3429b5744200a9926fe2612625e76cfd394428ab33641427507689e917d22edd8db6"
)
_OTHER_P_HEX = (
    "e50d1d910ba0be1553dc191416e127106d9851fdc497745c1205a7a002d86275280ac812215b762d49fb772a464ea432adacf7d19aa0578e27d03938c414f0ff"
    "e05e882272fec8cbcc0fa2a1e6b78a4a4ad41449766e90722953681a3360ccdcf1f5b6da972bada9e6d3494ae9f0282bd5bd9bb9f8f5533bec866e8bf78ab439"
)
_OTHER_Q_INVERSE_HEX = (
    "de32107326acac3e1b3319c1fbe7fb5cd08edc824f004d559ed6de96bb228cd18a301e21b528b703f0de6daa9e6bf31387ad9a97d9756e842dfcd4e94fd5ebd0"
    "593eb7af868ed24a1ab9df27b795773b7a9aa276e532e15e348375814644cd19d9a5f9c48c6a7d70fe9477e76a14561a2b501864be6ba5c3e417e0e62ef645ea"
)
# Of the first pair?
_FACTORS = {True: (_P_HEX, _Q_INVERSE_HEX), False: (_OTHER_P_HEX, _OTHER_Q_INVERSE_HEX)}
_signatures = {}
MODULUS = int(N_HEX, 16).to_bytes(256, "big")
OTHER_MODULUS = int(OTHER_N_HEX, 16).to_bytes(256, "big")


def pair():
    """(n, d) of the first pair, as numbers."""
    return int(N_HEX, 16), int(_D_HEX, 16)


def other_pair():
    """(n, d) of the second pair."""
    return int(OTHER_N_HEX, 16), int(_OTHER_D_HEX, 16)


def raw(block, key=None):
    """The private operation on a padded block of 256 bytes, by the Chinese remainder theorem:
    RFC 8017, section 5.1.2.
    """
    n, d = key or pair()
    p_hex, q_inverse_hex = _FACTORS[n == pair()[0]]
    p, m = int(p_hex, 16), int.from_bytes(block, "big")
    q = n // p
    of_p, of_q = pow(m % p, d % (p - 1), p), pow(m % q, d % (q - 1), q)
    return (of_q + q * ((of_p - of_q) * int(q_inverse_hex, 16) % p)).to_bytes(256, "big")


def block(message, info="3031300d060960864801650304020105000420", digest=None):
    """00 01 FF…FF 00, DigestInfo, digest: RFC 8017, section 9.2."""
    tail = bytes(int(info[i : i + 2], 16) for i in range(0, len(info), 2)) + (
        digest or hashlib.sha256(message).digest()
    )
    return b"\0\1" + b"\xff" * (256 - 3 - len(tail)) + b"\0" + tail


def sign(message, key=None):
    """PKCS#1 v1.5 signature with SHA-256 of a message (bytes); made once, for MicroPython is
    slow at it.
    """
    if (message, key) not in _signatures:
        _signatures[message, key] = raw(block(message), key)
    return _signatures[message, key]
