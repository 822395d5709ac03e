// The tables of the package chemicals: rows, malformed rows, labels.
#include "workloads/gnn/chemicals_table.h"

#include <gmock/gmock.h>

#include <functional>

#include "workloads/workload.h"

namespace timetrial::gnn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string refusal(const std::function<void()>& parse) {
  try {
    parse();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ChemicalsTable, CasNumbersAreRead) {
  struct Case {
    const char* text;
    std::int64_t number;
  };
  const Case cases[] = {{"50-00-0", 50000},
                        {"50000", 50000},
                        {"2715-68-6", 2715686},
                        {"1000073-85-5", 1000073855},
                        {"", -1},
                        {"50-000", -1},
                        {"5-000-0", -1},
                        {"50-0a-0", -1},
                        {"-", -1},
                        {"50-00-0; 67-56-1", -1}};
  for (const Case& one : cases) EXPECT_EQ(parse_cas(one.text), one.number) << one.text;
}

TEST(ChemicalsTable, SubstancesAreRead) {
  const auto rows = parse_substances(
      "712\t50-00-0\tCH2O\t30.026\tC=O\tCH2O/c1-2\tWSFSSNUMVMOOMR\tformaldehyde\n"
      "887\t67-56-1\tCH4O\t32.042\tCO\tCH4O\n",
      "t.tsv");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].cas, 50000);
  EXPECT_EQ(rows[0].smiles, "C=O");
  EXPECT_EQ(rows[1].cas, 67561);
  EXPECT_EQ(rows[1].smiles, "CO");
}

TEST(ChemicalsTable, InventoriesAreRead) {
  EXPECT_THAT(parse_inventory("CASRN\tX\n50000\t1\n67561\t2\n", {.header = "CASRN\tX"}, "t"),
              UnorderedElementsAre(50000, 67561));
  // Only the rows of one registry.
  EXPECT_THAT(parse_inventory("C\tR\n50000\t0\n67561\t1\n50011\t0\n",
                              {.header = "C\tR", .registry = "0"}, "t"),
              UnorderedElementsAre(50000, 50011));
  EXPECT_THAT(parse_inventory("100-00-5\tA\r\n100-00-5\tB\r\n", {}, "t"),
              UnorderedElementsAre(100005));
}

TEST(ChemicalsTable, RowsWithoutANumberAreLeftOutWhereTheyAreKnownToBe) {
  std::string text = "a mixture\n";
  for (int i = 0; i < 99; ++i) text += "50-00-0\n";
  EXPECT_THAT(parse_inventory(text, {.may_lack_cas = true}, "t"), UnorderedElementsAre(50000));
  EXPECT_THAT(refusal([&] { parse_inventory("a mixture\n" + text, {.may_lack_cas = true}, "t"); }),
              HasSubstr("t: 2 of 101 rows have no CAS number"));
}

TEST(ChemicalsTable, MalformedRowsAreNamed) {
  EXPECT_EQ(refusal([] { parse_substances("1\t50-00-0\tCH2O\t30\tC=O\n2\tx\tCH4\t16\tC\n", "t"); }),
            "t:2: expected a CAS number in the second column and SMILES in the fifth, got "
            "'2\tx\tCH4\t16\tC'; unpack the package chemicals again (scripts/setup.sh)");
  EXPECT_THAT(refusal([] { parse_substances("1\t50-00-0\tCH2O\n", "t"); }),
              HasSubstr("t:1: expected a CAS number"));
  EXPECT_THAT(refusal([] { parse_inventory("CAS\n1\n", {.header = "CASRN"}, "t"); }),
              HasSubstr("t:1: expected the columns 'CASRN', got 'CAS'"));
  EXPECT_THAT(refusal([] { parse_inventory("CASRN\n50000\n?\n", {.header = "CASRN"}, "t"); }),
              HasSubstr("t:3: expected a CAS number in the first column, got '?'"));
  EXPECT_THAT(refusal([] { read_chemicals("/nowhere"); }),
              HasSubstr("chemical identifiers pubchem large.tsv: cannot be read"));
}

TEST(ChemicalsTable, LabelsAreInTheOrderOfTheInventories) {
  Chemicals chemicals;
  chemicals.inventories[1].insert(50000);
  chemicals.inventories[6].insert(50000);
  EXPECT_THAT(chemicals.labels(50000), ElementsAre(0, 1, 0, 0, 0, 0, 1));
  EXPECT_THAT(chemicals.labels(67561), ElementsAre(0, 0, 0, 0, 0, 0, 0));
}

}  // namespace
}  // namespace timetrial::gnn
