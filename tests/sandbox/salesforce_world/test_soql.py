"""SOQL: what is understood, and the place and words with which anything else is refused."""

import pytest

from sandbox.salesforce.org import Org, SoqlError

LOOK_IT_UP = "Please reference your WSDL or the describe call for the appropriate names."


def refused(org: Org, soql: str) -> SoqlError:
    with pytest.raises(SoqlError) as caught:
        org.query(soql, include_deleted=False)
    return caught.value


def test_an_unknown_field_is_named_and_pointed_at(generated: Org) -> None:
    error = refused(generated, "SELECT Foo FROM Account")
    assert error.code == "INVALID_FIELD"
    assert error.message == (
        "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'. "
        "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
        + LOOK_IT_UP
    )


def test_an_unknown_object_is_named_and_pointed_at(generated: Org) -> None:
    error = refused(generated, "SELECT Id\nFROM Nothing")
    assert error.code == "INVALID_TYPE"
    assert error.message.startswith(
        "\nFROM Nothing\n     ^\nERROR at Row:2:Column:6\nsObject type 'Nothing' is not supported."
    )


@pytest.mark.parametrize(
    ("soql", "token"),
    [
        ("SELECT Id FORM Account", "FORM"),
        ("SELECT Id FROM Account WHERE", "<EOF>"),
        ("SELECT Id FROM Account LIMIT many", "many"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "OR"),
        ("SELECT Id FROM Account WHERE Name = 'open", "'"),
        ("SELECT Id FROM Account WHERE Name = Fax", "Fax"),
        ("SELECT Id FROM Account GROUP BY Id", "GROUP"),
        ("SELECT Id, FROM Account", "Account"),
        ("SELECT COUNT(Id) FROM Account", "Id"),
        ("DELETE FROM Account", "DELETE"),
        ("", "<EOF>"),
    ],
)
def test_what_is_no_soql_is_refused_at_the_first_token_that_does_not_fit(generated: Org, soql: str, token: str) -> None:
    error = refused(generated, soql)
    assert error.code == "MALFORMED_QUERY"
    assert error.message.endswith(f"unexpected token: '{token}'")


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ("Name = 3", "field 'Name' must be of type string and should be enclosed in quotes"),
        (
            "NumberOfEmployees > '3'",
            "field 'NumberOfEmployees' must be of type int and should not be enclosed in quotes",
        ),
        ("AnnualRevenue > '3'", "field 'AnnualRevenue' must be of type double and should not be enclosed in quotes"),
        ("SystemModstamp > '2026'", "'SystemModstamp' must be of type dateTime and should not be enclosed in quotes"),
        ("SystemModstamp > 2026-01-01", "must be of type dateTime and should not be enclosed in quotes"),
        ("IsDeleted = 1", "field 'IsDeleted' must be of type boolean and should not be enclosed in quotes"),
        ("Description = 'x'", "field 'Description' can not be filtered in a query call"),
        ("BillingAddress = 'x'", "field 'BillingAddress' can not be filtered in a query call"),
        ("Owner.Name = 'x'", f"be sure to append the '__r' after the custom relationship name. {LOOK_IT_UP}"),
    ],
)
def test_values_must_be_of_their_fields_type(generated: Org, condition: str, complaint: str) -> None:
    error = refused(generated, f"SELECT Id FROM Account WHERE {condition}")
    assert error.code == "INVALID_FIELD"
    assert error.message.endswith(complaint)


def test_other_refusals_have_codes_of_their_own(generated: Org) -> None:
    assert refused(generated, "SELECT Id FROM Account WHERE Id = 'x'").code == "INVALID_QUERY_FILTER_OPERATOR"
    assert (
        refused(generated, "SELECT Id FROM Account WHERE OwnerId LIKE '005%'").code == "INVALID_QUERY_FILTER_OPERATOR"
    )
    assert refused(generated, "SELECT Id FROM Account LIMIT 1 OFFSET 2001").code == "NUMBER_OUTSIDE_VALID_RANGE"
    assert (
        refused(generated, "SELECT Id FROM Account WHERE CreatedDate > 2026-13-01T00:00:00Z").code == "MALFORMED_QUERY"
    )
    assert refused(generated, "SELECT Id FROM Account ORDER BY Products_Owned__c").code == "INVALID_FIELD"
    assert refused(generated, "SELECT Id, Name, id FROM Account").message.endswith("duplicate field selected: Id")


@pytest.mark.parametrize("token", ["", "x", "1.2", "1.2.short", "-1.2.001Hp00000005Ca"])
def test_a_made_up_position_is_refused(generated: Org, token: str) -> None:
    query = generated.query("SELECT Id FROM Account", include_deleted=False)
    with pytest.raises(SoqlError, match="INVALID_QUERY_LOCATOR"):
        query.page(token, 10)


@pytest.mark.parametrize("text", ["2024-03-01T10:00:00Z", "2024-03-01T12:00:00+02:00", "2024-03-01T10:00:00.000+0000",
                                  "2024-03-01T10:00:00.000Z", "2024-03-01T05:00:00-0500"])  # fmt: skip
def test_a_moment_may_be_written_in_many_ways(generated: Org, text: str) -> None:
    totals = {
        generated.query(f"SELECT COUNT() FROM Lead WHERE CreatedDate >= {moment}", include_deleted=True).total_size
        for moment in (text, "2024-03-01T10:00:00Z")
    }
    assert len(totals) == 1
    assert totals.pop() > 0


def test_both_lengths_of_an_id_and_any_case_of_names_and_words_will_do(generated: Org) -> None:
    record_id = str(next(generated.truth("Account"))["Id"])
    for text in (record_id, record_id[:15]):
        query = generated.query(f"select NAME, id from ACCOUNT where iD = '{text}'", include_deleted=True)
        assert query.columns == ("Name", "Id")
        assert [row["Id"] for row in query.page(None, 10).rows] == [record_id]
