// Studies in their short form, by the real binaries.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <signal.h>

#include <fstream>
#include <sstream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> short_run(const Installation& installation, const std::string& study) {
  return {"study",     "run",
          study,       "--short",
          "--jobs",    "2",
          "--threads", "1",
          "--store",   installation.store(),
          "--out",     installation.folder() / "pages",
          "--json"};
}

nlohmann::json run_short(const Installation& installation, const std::string& study) {
  const Result result = installation.run(short_run(installation, study));
  EXPECT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_TRUE(json.is_object()) << result.out;
  return json.is_object() ? json : nlohmann::json::object();
}

TEST(Study, TheShortFormRunsToItsPagesAndIsNotRunTwice) {
  const Installation installation("study_stability");
  const auto found = run_short(installation, "ranking_stability");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_EQ(found.value("verdict", ""), "inconclusive") << "too short for a verdict";
  EXPECT_TRUE(found["statistics"].contains("reference_diverged"));
  const auto pages = installation.folder() / "pages";
  EXPECT_THAT(text_of(pages / "ranking_stability.md"), HasSubstr("No verdict: the short form"));
  EXPECT_THAT(text_of(pages / "ranking_stability.html"), HasSubstr("<svg"));
  EXPECT_THAT(text_of(pages / "ranking_stability-rates.svg"), HasSubstr("unclipped"));
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome WHERE kind = 'completed'"),
            installation.query("SELECT count(*) FROM trial"));
  EXPECT_NE(installation.query("SELECT count(*) FROM training_loss"), "0");

  const auto attempts = installation.query("SELECT count(*) FROM attempt");
  EXPECT_EQ(run_short(installation, "ranking_stability"), found);
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), attempts);
}

TEST(Study, GoesOnAfterAnInterruption) {
  const Installation installation("study_interrupted");
  {
    auto running = installation.start(short_run(installation, "order_under_imbalance"));
    EXPECT_TRUE(installation.eventually("SELECT count(*) >= 2 FROM outcome", "1"));
    kill(running.pid(), SIGINT);
    EXPECT_EQ(running.wait().code, 130);
  }
  const Result early = installation.run(
      {"study", "report", "order_under_imbalance", "--short", "--store", installation.store()});
  EXPECT_EQ(early.code, 0) << early.err;
  EXPECT_THAT(early.out, HasSubstr("No verdict yet"));
  const auto found = run_short(installation, "order_under_imbalance");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_NE(installation.query("SELECT count(*) FROM recorded WHERE name = 'epochs/low'"), "0");
}

TEST(Study, ASweepOfRatesHasInitialLosses) {
  const Installation installation("study_sensitivity");
  const auto found = run_short(installation, "qk_norm_sensitivity");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_TRUE(found["statistics"].contains("full_sensitivity_fall")) << found.dump(2);
  EXPECT_THAT(text_of(installation.folder() / "pages/qk_norm_sensitivity-losses.svg"),
              HasSubstr("query-key norm"));
}

TEST(Study, LogitsAreReadFromDiagnoses) {
  const Installation installation("study_logits");
  const auto found = run_short(installation, "vit_qk_norm");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_TRUE(found["statistics"].contains("reference_low_rate_logit")) << found.dump(2);
  EXPECT_THAT(text_of(installation.folder() / "pages/vit_qk_norm-logits.svg"),
              HasSubstr("query-key norm"));
}

TEST(Study, TheLossIsComparedAtTheLowRateToo) {
  const Installation installation("study_z_loss");
  const auto found = run_short(installation, "z_loss");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_TRUE(found["statistics"].contains("low_rate_loss_difference")) << found.dump(2);
}

TEST(Study, AnExtrapolationHasItsSizes) {
  const Installation installation("study_extrapolation");
  const auto found = run_short(installation, "logit_extrapolation");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_TRUE(found["statistics"].contains("prediction_error")) << found.dump(2);
}

TEST(Study, ASweepOfWeightsHasATradeoffReport) {
  const Installation installation("study_tradeoff");
  const auto found = run_short(installation, "multitask_tradeoff");
  EXPECT_EQ(found.value("missing", -1), 0);
  const auto out = installation.folder() / "tradeoff.md";
  const Result report =
      installation.run({"report", "--tradeoff", "--store", installation.store(), "--sweep",
                        "multitask_tradeoff, short: front", "--out", out});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(text_of(out), HasSubstr("Static weights of the tasks"));
  EXPECT_THAT(text_of(out), HasSubstr("ms a step"));
  EXPECT_TRUE(std::filesystem::exists(installation.folder() / "teacher_two_tasks-a-b.svg"));
}

TEST(Study, ShortFormsHaveAGroupForEachWordOfACurvature) {
  const Installation installation("study_curvature");
  const auto found = run_short(installation, "adaptive_edge_of_stability");
  EXPECT_EQ(found.value("missing", -1), 0);
  for (const char* name : {"least_ratio", "unreached_ratio", "misjudged_ratio"}) {
    EXPECT_TRUE(found["statistics"].contains(name)) << name << found.dump(2);
  }
  EXPECT_LT(found["statistics"]["least_ratio"].value("value", 1.0), 0.95) << "40 steps are no edge";
  EXPECT_THAT(text_of(installation.folder() / "pages/adaptive_edge_of_stability-ratios.svg"),
              HasSubstr("nesterov_0.4"));
}

TEST(Study, SizesOfBatchesAreCompared) {
  const Installation installation("study_minibatch");
  const auto found = run_short(installation, "minibatch_sharpness");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_TRUE(found["statistics"].contains("minibatch_fall")) << found.dump(2);
  EXPECT_NE(found["statistics"]["minibatch_total_fall"]["value"], 0) << "sizes make no difference";
  EXPECT_THAT(text_of(installation.folder() / "pages/minibatch_sharpness-batches.svg"),
              HasSubstr("batch size"));
}

TEST(Study, TimesOfVariantsAreCompared) {
  const Installation installation("study_parallel");
  const auto found = run_short(installation, "parallel_block");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_GT(found["statistics"]["time_ratio"].value("value", 0.0), 0) << found.dump(2);
  EXPECT_THAT(text_of(installation.folder() / "pages/parallel_block.md"),
              HasSubstr("in_turn_again"));
  EXPECT_EQ(installation.query("SELECT count(*) FROM metric WHERE name LIKE '%/accuracy' AND "
                               "abs(value * 200 - round(value * 200)) < 1e-6"),
            "9")
      << "three splits of three trials, each of 200 examples";
}

TEST(Study, ValuesOfAVariantAreCompared) {
  const Installation installation("study_relu");
  const auto found = run_short(installation, "relu_attention");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_TRUE(found["statistics"].contains("best_number")) << found.dump(2);
  EXPECT_THAT(text_of(installation.folder() / "pages/relu_attention-variants.svg"),
              HasSubstr("<svg"));
}

TEST(Study, TheOptimumOfEachLengthIsSought) {
  const Installation installation("study_lengths");
  const auto found = run_short(installation, "relu_attention_lengths");
  EXPECT_EQ(found.value("missing", -1), 0);
  for (const char* name : {"last_length_best", "last_training_spread", "control_difference"}) {
    EXPECT_TRUE(found["statistics"].contains(name)) << name << found.dump(2);
  }
}

TEST(Study, FeaturesAreProbed) {
  const Installation installation("study_features");
  const auto found = run_short(installation, "frozen_features");
  EXPECT_EQ(found.value("missing", -1), 0);
  EXPECT_GT(found["statistics"]["least_over_chance"].value("value", 0.0), 1) << found.dump(2);
  EXPECT_TRUE(found["statistics"].contains("width_correlation"));
  EXPECT_THAT(text_of(installation.folder() / "pages/frozen_features-features.svg"),
              HasSubstr("<svg"));
}

TEST(Study, RefusesWhatItDoesNotKnow) {
  const Installation installation("study_unknown");
  const Result name = installation.run({"study", "run", "ranking_stabilty"});
  EXPECT_EQ(name.code, 2);
  EXPECT_THAT(name.err, HasSubstr("ranking_stability"));
  const auto file = installation.folder() / "bad.toml";
  std::ofstream(file) << "name = 3\n";
  const Result bad = installation.run({"study", "run", file});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.toml:1"));
  EXPECT_FALSE(std::filesystem::exists(installation.store()));
}

}  // namespace
}  // namespace timetrial::end_to_end
