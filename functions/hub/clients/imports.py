"""The import of a file of clients."""

from clients import kept_imports
from hub.clients import file_pages
from hub.clients.file_pages import FileKind
from longcode.accounts.account import Account
from longcode.clients.rows import columns_of

_SAMPLE = """id,first_name,last_name,phone,sms,phone_2,sms_2,allow_text_marketing,tags,status,time_zone
1001,Zoë,Müller,(212) 555-0123,yes,,,yes,wedding; 2027,active,America/New_York
1002,Ann,Lee,(310) 555-0177,yes,(310) 555-0178,no,no,newborn,active,
"""


def _sample(account: Account) -> str:
    """Return a file as an import takes it, with the columns of the studio's own fields."""
    heading, *rows = _SAMPLE.splitlines()
    lines = [",".join((heading, *account.client_fields)), *(row + "," * len(account.client_fields) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


file_pages.add_pages(
    FileKind(
        path="clients/import",
        of="clients",
        form="clients/import_file",
        report="clients/import",
        most_rows=kept_imports.MOST_ROWS,
        run=kept_imports.run_clients,
        columns=lambda account, text: columns_of(text, own=account.client_fields),
        sample=_sample,
    )
)
