#include "harness/study/study.h"

#include "harness/trial/error.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace timetrial::study {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const std::string kAnalysis =
    "kind = \"tradeoff\"\nmetrics = [\"a/loss\", \"b/loss\"]\ntasks = [\"a\", \"b\"]\n"
    "numbers = { between = 3, largest_share = 0.5 }\n";

Study made() { return parse(study_text(kAnalysis), "made.toml"); }

std::string message_of(const std::string& from, const std::string& to) {
  auto text = study_text(kAnalysis);
  text.replace(text.find(from), from.size(), to);
  try {
    parse(text, "made.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Study, ReadsRunsWithAllCombinationsOfTheirPoints) {
  const auto study = made();
  ASSERT_EQ(study.runs.size(), 2U);
  const auto& front = study.runs[0];
  EXPECT_EQ(front.workload, "teacher_two_tasks");
  ASSERT_EQ(front.points.size(), 4U);
  EXPECT_EQ(front.points[1], (tuning::Point{{"learning_rate", 1e-2},
                                            {"warmup_factor", 0.05},
                                            {"task_weight_0", 0.9},
                                            {"task_weight_1", 0.1}}));
  EXPECT_THAT(front.evaluate_at, ElementsAre(250, 500, 750, 1000));
  EXPECT_EQ(study.runs[1].workload, "other");
  EXPECT_THAT(study.runs[1].evaluate_at, ElementsAre(4000));
  EXPECT_EQ(study.runs[1].points.size(), 1U);
  EXPECT_EQ(study.trials(), 15U);
  EXPECT_EQ(study.gates[0].kind, GateKind::precondition);
  EXPECT_EQ(study.gates[1].kind, GateKind::control);
  EXPECT_EQ(study.hash.size(), 64U);
}

TEST(Study, NamesWhatLooksAtItsModels) {
  EXPECT_TRUE(made().evaluators.empty());
  const auto with = [](const std::string& names) {
    return "evaluators = " + names + "\n" + study_text(kAnalysis);
  };
  EXPECT_THAT(parse(with(R"(["linear_probe", "calibration"])"), "made.toml").evaluators,
              ElementsAre("linear_probe", "calibration"));
  EXPECT_THROW(parse(with(R"(["linear_probe", "linear_probe"])"), "made.toml"), InputError);
}

TEST(Study, TheShortFormKeepsProportions) {
  const auto study = shortened(made());
  EXPECT_TRUE(study.is_short);
  EXPECT_EQ(study.seeds, 1);
  EXPECT_EQ(study.runs[0].points.size(), 2U);
  EXPECT_THAT(study.runs[0].evaluate_at, ElementsAre(5, 10));
  EXPECT_THAT(study.runs[1].evaluate_at, ElementsAre(40));
}

TEST(Study, TheShortFormLeavesGroupsAndExamplesOut) {
  auto study = made();
  study.analysis.words = {{"reference", "front"},
                          {"cell", "front planted"},
                          {"other_cell", "planted"},
                          {"cells", "cell other_cell"}};
  study.short_form.groups = {"front"};
  study.short_form.examples = 100;
  study = shortened(study);
  ASSERT_EQ(study.runs.size(), 1U);
  EXPECT_EQ(study.runs[0].group, "front");
  EXPECT_EQ(study.evaluate_examples, 100);
  EXPECT_EQ(made().evaluate_examples, 0) << "the study itself has all of them";
  EXPECT_THAT(study.analysis.words,
              ElementsAre(Pair("cell", "front"), Pair("cells", "cell"), Pair("other_cell", ""),
                          Pair("reference", "front")));
}

TEST(Study, TheShortFormKeepsANameWithBlanksWhole) {
  auto study = made();
  study.runs[0].group = "no planted";
  study.analysis.words = {{"reference", "no planted"}, {"subject", "planted"}};
  study.short_form.groups = {"no planted"};
  EXPECT_THAT(shortened(study).analysis.words,
              ElementsAre(Pair("reference", "no planted"), Pair("subject", "")));
}

TEST(Study, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(
      message_of("points = 2", "points = 2\ngroups = [\"fornt\"]"),
      AllOf(HasSubstr("made.toml:"), HasSubstr("unknown group 'fornt'"), HasSubstr("front")));
  EXPECT_THAT(message_of("at_most = 0.02", "at_mots = 0.02"), HasSubstr("at_mots"));
  EXPECT_THAT(message_of("at_most = 0.02", "at_most = 0.02\nat_least = 1"),
              HasSubstr("either at_least or at_most"));
  EXPECT_THAT(message_of("at_most = 0.02", "at_most = 0.02\ncontrol = true"),
              HasSubstr("a precondition or a control, not both"));
  EXPECT_THAT(message_of("group = \"planted\"", "group = \"front\""), HasSubstr("listed twice"));
  EXPECT_THAT(message_of("[1e-3, 1e-2]", "[1e-3, 1e-3]"), HasSubstr("two points are equal"));
  EXPECT_THAT(message_of("[1e-3, 1e-2]", "[]"), HasSubstr("empty list"));
  EXPECT_THAT(message_of("seeds = 3", "seeds = 0"), HasSubstr("made.toml:"));
  EXPECT_THAT(message_of("tasks = [\"a\", \"b\"]", "tasks = [\"a\"]"),
              HasSubstr("lists of one length"));
}

TEST(Study, EveryCompiledOneIsWhole) {
  EXPECT_FALSE(names().empty());
  for (const auto& name : names()) {
    SCOPED_TRACE(name);
    const auto study = load(name);
    EXPECT_EQ(study.name, name);
    EXPECT_GE(study.seeds, 3);
    EXPECT_FALSE(study.differences.empty());
    const auto is_control = [](const Gate& gate) { return gate.kind == GateKind::control; };
    EXPECT_TRUE(std::any_of(study.gates.begin(), study.gates.end(), is_control))
        << "without a negative control";
  }
  EXPECT_THROW(load("order_under_imbalence"), InputError);
}

TEST(Study, AShortFormInAFileOfItsOwnLeavesTheHashAlone) {
  const auto folder = std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "harness" / "study";
  for (const auto& entry : std::filesystem::directory_iterator(folder / "short_forms")) {
    SCOPED_TRACE(entry.path().string());
    const auto study = load(entry.path().stem().string());
    const auto whole = load((folder / "studies" / entry.path().filename()).string());
    EXPECT_EQ(study.hash, whole.hash);
    const auto& form = study.short_form;
    EXPECT_TRUE(form.examples > 0 || !form.groups.empty() || form.steps < whole.short_form.steps);
  }
}

}  // namespace
}  // namespace timetrial::study
