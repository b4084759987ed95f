"""The screen: SSD1306 commands and data (datasheet 8, 10) to dots, by bytes and over the
emulated bus.
"""

from PIL import Image

from evenpulse.twin.oled import HEIGHT, WIDTH, Ssd1306, save_png

ON_UPRIGHT = [0x00, 0xAF, 0xA1, 0xC8]


def send(display, values):
    for value in values:
        display.write(value)
    display.end()


def lit(display):
    return {(x, y) for y in range(HEIGHT) for x in range(WIDTH) if display.pixel(x, y)}


def test_page_addressing_wraps_within_its_page():
    display = Ssd1306()
    # Page 2, column 0x7E
    send(display, ON_UPRIGHT + [0xB2, 0x0E, 0x17])
    send(display, [0x40, 0x01, 0x80, 0xFF])
    assert lit(display) == {(126, 16), (127, 23)} | {(0, y) for y in range(16, 24)}


def test_horizontal_addressing_fills_a_window():
    display = Ssd1306()
    send(display, ON_UPRIGHT + [0x20, 0x00, 0x21, 10, 11, 0x22, 1, 2])
    send(display, [0x40, 0x01, 0x02, 0x04, 0x08, 0x10])
    assert lit(display) == {(11, 9), (10, 18), (11, 19), (10, 12)}


def test_vertical_addressing_runs_down_a_column():
    display = Ssd1306()
    send(display, ON_UPRIGHT + [0x20, 0x01, 0x21, 0, 127, 0x22, 6, 7])
    send(display, [0x40, 0x01, 0x02, 0x04])
    assert lit(display) == {(0, 48), (0, 57), (1, 50)}


def test_single_commands_between_control_bytes():
    display = Ssd1306()
    send(display, [0x80, 0xAF, 0x80, 0xA1, 0x80, 0xC8, 0x40, 0x01])
    assert lit(display) == {(0, 0)}


def test_off_is_dark_and_inversion_turns_every_dot():
    display = Ssd1306()
    send(display, [0x40, 0xFF])
    assert not lit(display)
    send(display, [0x00, 0xAF, 0xA7])
    assert len(lit(display)) == WIDTH * HEIGHT - 8


def test_mirrored_and_shifted():
    display = Ssd1306()
    # After reset: A0, C0
    send(display, [0x00, 0xAF])
    send(display, [0x40, 0x01])
    assert lit(display) == {(127, 63)}
    # Upright, start line 8
    send(display, [0x00, 0xA1, 0xC8, 0x48])
    assert lit(display) == {(0, 56)}


def test_arguments_are_not_taken_for_commands():
    display = Ssd1306()
    send(display, [0x00, 0x81, 0xAE, 0xD5, 0xAE, 0xAF, 0xA1, 0xC8])
    send(display, [0x40, 0x01])
    assert lit(display) == {(0, 0)}


def test_the_picture_is_four_times_as_large(tmp_path):
    display = Ssd1306()
    send(display, ON_UPRIGHT)
    send(display, [0x40, 0x01])
    save_png(display.pixels(), tmp_path / "screen.png")
    image = Image.open(tmp_path / "screen.png")
    assert image.size == (512, 256)
    assert image.getpixel((3, 3)) == (255, 176, 0) and image.getpixel((4, 4)) == (0, 0, 0)
