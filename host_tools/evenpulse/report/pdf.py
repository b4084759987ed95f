"""The report on paper."""

from evenpulse.base.errors import Problem


def as_pdf(page: str) -> bytes:
    """The same on A4 pages. Raises Problem where the libraries that set text are missing."""
    import logging

    # It tells of every property that only a screen needs
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        do_next = (
            "install pango (Debian: libpango-1.0-0 libpangoft2-1.0-0), or name it "
            "report.html and print that to PDF"
        )
        raise Problem(
            "a PDF needs the pango library", seen=str(error).splitlines()[0], do_next=do_next
        ) from error
    return weasyprint.HTML(string=page).write_pdf()
