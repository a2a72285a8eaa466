"""A Data Export as an org: every value as the file has it, and a bad file refused by name and line."""

import csv
import os
from pathlib import Path

import pytest

from sandbox.salesforce.ids import to18
from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs

ONE, TWO = to18("001Hp00000005Ca"), to18("001Hp00000005Cb")


def load(tmp_path: Path, **files: str) -> Org:
    folder = tmp_path / "export"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text.encode())
    return Orgs(tmp_path / "state").load_export("real", folder)


def types(org: Org, name: str) -> dict[str, str]:
    return {field.name: field.type for field in org.sobject(name).fields}


def test_an_org_exported_and_loaded_again_tells_the_same_truth(generated: Org, loaded: Org) -> None:
    for sobject in generated.sobjects():
        for made, copied in zip(generated.truth(sobject.name), loaded.truth(sobject.name), strict=True):
            assert copied == {name: made[name] for name in copied}


def test_every_text_of_a_column_decides_its_type(tmp_path: Path) -> None:
    header = "Id,Flag__c,Count__c,Share__c,Day__c,At__c,Code__c,Price__c,Big__c,Odd__c,Free__c,Empty__c,Nothing__c"
    first = f'{ONE},true,12,0.5,2024-02-29,2024-02-29T10:00:00Z,007,1.50,12345678901,1e5,"a\r\nb",,NaN'
    second = f"{TWO},false,-3,2,2024-03-01,2024-02-29T12:00:00.250+02:00,8,2,3,4,5,,1"
    org = load(tmp_path, Account=f"{header}\n{first}\n{second}\n")
    assert {name: kind for name, kind in types(org, "Account").items() if name.endswith("__c")} == {
        "Flag__c": "boolean", "Count__c": "int", "Share__c": "double", "Day__c": "date", "At__c": "datetime",
        "Code__c": "string", "Price__c": "string", "Big__c": "double", "Odd__c": "string", "Free__c": "textarea",
        "Empty__c": "string", "Nothing__c": "string",
    }  # fmt: skip
    row = org.get("Account", TWO) or {}
    assert (row["Flag__c"], row["Count__c"], row["Share__c"], row["Code__c"]) == (False, -3, 2.0, "8")
    assert (row["At__c"], row["Empty__c"], row["Nothing__c"]) == ("2024-02-29T10:00:00.250+0000", None, "1")
    assert (org.get("Account", ONE) or {})["Free__c"] == "a\r\nb"
    assert all(field.custom for field in org.sobject("Account").fields if field.name.endswith("__c"))


def test_a_standard_field_keeps_its_type_unless_a_text_does_not_fit(tmp_path: Path) -> None:
    fits = load(tmp_path / "1", Account=f"id,annualrevenue,YearStarted\n{ONE},1.50,1999\n{TWO},,2001\n")
    assert types(fits, "Account")["AnnualRevenue"] == "currency"
    assert (fits.get("Account", ONE) or {})["AnnualRevenue"] == 1.5
    year = next(field for field in fits.sobject("Account").fields if field.name == "YearStarted")
    assert (year.type, year.custom) == ("int", True)
    odd = load(tmp_path / "2", Account=f"Id,AnnualRevenue\n{ONE},1.50\n{TWO},about 3 M\n")
    assert types(odd, "Account")["AnnualRevenue"] == "string"
    assert (odd.get("Account", ONE) or {})["AnnualRevenue"] == "1.50"


def test_an_object_that_the_schema_does_not_know_is_served_as_the_file_has_it(tmp_path: Path) -> None:
    product, custom = to18("01tHp000000000o"), to18("a01Hp000000000o")
    org = load(tmp_path, Product2=f"Id,Name,IsActive\n{product},GTX,true\n", Site__c=f"Id,Name\n{custom},North\n")
    found = org.sobject("Product2")
    assert (found.custom, found.key_prefix, found.queryable, found.replicateable, found.layoutable) == (
        False, "01t", True, True, True,
    )  # fmt: skip
    assert org.sobject("Site__c").custom
    rows = org.query("SELECT Name, IsActive FROM Product2", include_deleted=False).page(None, 10).rows
    assert rows == [{"Name": "GTX", "IsActive": True}]


def test_standard_objects_that_the_export_lacks_are_there_and_empty(tmp_path: Path) -> None:
    org = load(tmp_path, Account=f"Id,Name\n{ONE},Acme\n")
    assert org.count("Contact") == 0
    assert org.query("SELECT Id, Email FROM Contact", include_deleted=True).page(None, 10).rows == []
    assert {sobject.name for sobject in org.sobjects()} == {"Account", "Contact", "Lead", "Opportunity", "Task", "User"}


def test_what_every_row_must_have_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "export" / "Account.csv"
    path.parent.mkdir()
    path.write_text(f"Id,LastModifiedDate,IsDeleted\n{ONE},2020-01-02 03:04:05,1\n{TWO},,\n")
    os.utime(path, (1_700_003_600, 1_700_003_600))
    org = Orgs(tmp_path / "state").load_export("real", path.parent)
    assert org.get("Account", ONE) == {
        "Id": ONE, "IsDeleted": True, "LastModifiedDate": "2020-01-02T03:04:05.000+0000",
        "SystemModstamp": "2020-01-02T03:04:05.000+0000", "CreatedDate": "2020-01-02T03:04:05.000+0000",
    }  # fmt: skip
    row = org.get("Account", TWO) or {}
    assert (row["IsDeleted"], row["SystemModstamp"]) == (False, "2023-11-14T22:13:20.000+0000")
    assert org.count("Account") == 1


def test_a_byte_order_mark_crlf_blank_lines_and_15_character_ids_are_understood(tmp_path: Path) -> None:
    org = load(tmp_path, Account=f'\ufeff"Id","Name"\r\n\r\n"{ONE[:15]}","Ac""me"\r\n')
    assert (org.get("Account", ONE) or {})["Name"] == 'Ac"me'
    assert (org.get("Account", ONE) or {})["Id"] == ONE


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Name\nAcme\n", "line 1: there is no Id column"),
        ("", "line 1: the file is empty"),
        (f"Id,Name,name\n{ONE},a,b\n", "line 1: column 'Name' appears twice"),
        (f"Id,Owner.Name\n{ONE},a\n", "line 1: column 'Owner.Name' is no API field name"),
        (f'Id,Name\n{ONE},"a\nb"\nxyz,c\n', "line 4: 'xyz' is no Salesforce id"),
        (f"Id\n{ONE}\n{TWO}\n{ONE}\n", "line 4: the id 001Hp00000005Ca appears a second time"),
        (f"Id\n{ONE}\n{to18('003Hp00000005Ca')}\n", "line 3: the id 003Hp00000005Ca is of another object"),
        (f"Id\n{ONE[:-1]}0\n", "line 2: "),
        (f"Id,Name\n{ONE}\n", "line 2: 1 values under 2 columns"),
        (f'Id,Name\n{TWO},a\n{ONE},"open\n', "line 3: this is no CSV"),
        (f"Id,SystemModstamp\n{ONE},yesterday\n", "line 2: SystemModstamp is 'yesterday', which is no datetime"),
        (f"Id,IsDeleted\n{ONE},perhaps\n", "line 2: IsDeleted is 'perhaps', which is no boolean"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_line_and_nothing_is_kept(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"Account\.csv") as caught:
        load(tmp_path, Account=text, Zebra__c=f"Id\n{to18('a01Hp000000000o')}\n")
    assert complaint in str(caught.value)
    assert Orgs(tmp_path / "state").names() == []
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


def test_bytes_that_are_no_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_bytes(f"Id,Name\n{ONE},a\n{TWO},caf\xe9\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"Account.csv line 3: bytes that are no UTF-8"):
        Orgs(tmp_path / "state").load_export("real", tmp_path)


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    orgs = Orgs(tmp_path / "state")
    with pytest.raises(ValueError, match="is no folder"):
        orgs.load_export("real", tmp_path / "absent")
    with pytest.raises(ValueError, match="holds no CSV file"):
        orgs.load_export("real", tmp_path)
    (tmp_path / "Account (2).csv").write_text("Id\n")
    with pytest.raises(ValueError, match="name each file after one object"):
        orgs.load_export("real", tmp_path)


def test_a_failed_load_leaves_the_org_as_it_was(tmp_path: Path) -> None:
    load(tmp_path, Account=f"Id,Name\n{ONE},Acme\n")
    with pytest.raises(ValueError, match="no Salesforce id"):
        load(tmp_path, Account="Id,Name\nxyz,Acme\n")
    assert [row["Name"] for row in Orgs(tmp_path / "state").get("real").truth("Account")] == ["Acme"]


def test_long_texts_survive(tmp_path: Path) -> None:
    org = load(tmp_path, Account=f"Id,Description\n{ONE},{'y' * 200_000}\n")
    assert len(str((org.get("Account", ONE) or {})["Description"])) == 200_000
    assert csv.field_size_limit() >= 200_000
