#include "harness/conformance/recorded_case.h"

#include "harness/conformance/case_differences.h"
#include "tests/harness/conformance/toy.h"
#include "tests/support/temporary_folder.h"
#include "workloads/recorded_recipe.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::conformance {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string refusal(const fs::path& file) {
  try {
    const RecordedCase recorded(file);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

// What is stored was made by the same recipe, by the reference's own code.
TEST(RecordedCase, RecipeGivesTheStoredWeights) {
  for (const char* file : {"dlrm/fixtures/criteo1tb", "vit/fixtures/imagenet_vit_glu"}) {
    SCOPED_TRACE(file);
    const RecordedCase recorded(fs::path(CASES_DIR) / (std::string(file) + ".safetensors"));
    std::size_t compared = 0;
    for (const auto& entry : recorded.sidecar().at("weights_recipe")) {
      const auto made = workloads::recipe_tensor(entry.at("shape"), entry.at("k"),
                                                 entry.at("offset"), entry.at("scale"));
      EXPECT_TRUE(at::equal(made, recorded.tensor("state/" + entry.at("name").get<std::string>())));
      ++compared;
    }
    EXPECT_GE(compared, 20U);
  }
}

TEST(RecordedCase, EitherOfItsFilesNamesIt) {
  const test::TemporaryFolder folder;
  const auto file = test::record_toy(folder.path());
  for (const char* extension : {".json", ".safetensors"}) {
    const RecordedCase recorded(fs::path(file).replace_extension(extension));
    EXPECT_EQ(recorded.name(), "toy");
    EXPECT_EQ(recorded.inputs().size(), 3U);
  }
}

TEST(RecordedCase, InputsThatAreNotStoredComeFromTheirRecipe) {
  const test::TemporaryFolder folder;
  const auto sidecar = fs::path(test::record_toy(folder.path())).replace_extension(".json");
  auto record = nlohmann::json::parse(std::ifstream(sidecar));
  record["input_recipe"] = {
      {"inputs", {{"kind", "float"}, {"k", 1}, {"shape", {3, 2}}, {"offset", 5}, {"scale", 1}}},
      {"targets", {{"kind", "int"}, {"k", 2}, {"shape", {3}}, {"low", 7}, {"n_values", 2}}},
      {"weights", "ones, last one 0"}};
  std::ofstream(sidecar) << record;
  const auto inputs = RecordedCase(sidecar).inputs();
  EXPECT_TRUE(at::equal(inputs.at("weights"), at::tensor({1.0F, 1.0F, 0.0F})));
  EXPECT_GE(inputs.at("inputs").min().item<double>(), 4);
  EXPECT_TRUE(
      inputs.at("targets").ge(7).logical_and(inputs.at("targets").le(8)).all().item<bool>());
  record["input_recipe"]["weights"] = "mostly ones";
  std::ofstream(sidecar) << record;
  EXPECT_THROW(RecordedCase(sidecar).inputs(), InputError);
}

TEST(RecordedCase, BadFilesAreRefusedInOneLine) {
  const test::TemporaryFolder folder;
  const auto file = test::record_toy(folder.path());
  const auto sidecar = fs::path(file).replace_extension(".json");
  EXPECT_THAT(refusal(folder.path() / "toy.txt"), HasSubstr("toy.txt: not a recorded case"));
  EXPECT_THAT(refusal(folder.path() / "none.json"), HasSubstr("none.json"));
  std::ofstream(sidecar) << "{\"constructor\": {}";
  EXPECT_THAT(refusal(file), HasSubstr("toy.json:1:"));
  std::ofstream(sidecar) << "{\"constructor\": {}}";
  EXPECT_THAT(refusal(file), HasSubstr("toy.json: \"weights_recipe\" is missing"));
  test::record_toy(folder.path());
  std::ofstream(file) << "no tensors";
  EXPECT_THAT(refusal(file), HasSubstr("toy.safetensors"));
  fs::remove(file);
  EXPECT_THAT(refusal(sidecar), HasSubstr("toy.safetensors"));
}

TEST(CaseDifferences, TolerancesFollowTheRecordedNoise) {
  const test::TemporaryFolder folder;
  const auto file = test::record_toy(folder.path());
  const auto sidecar = fs::path(file).replace_extension(".json");
  auto record = nlohmann::json::parse(std::ifstream(sidecar));
  const double scale = conformance::scale(RecordedCase(file), "output_eval/logits");
  const struct { double noise, tolerance; } cases[] = {{1e-9, 1e-5}, {4e-6, 4e-5}, {0.3, 1e-4}};
  for (const auto& c : cases) {
    record["train"]["fp64"]["max_abs_logit_diff"] = c.noise * scale;
    record["train"]["fp64"]["max_grad_norm_diff_over_global"] = c.noise;
    std::ofstream(sidecar) << record;
    const RecordedCase recorded(file);
    EXPECT_NEAR(logit_tolerance(recorded, "output_eval/logits"), c.tolerance, 1e-12);
    EXPECT_NEAR(gradient_tolerance(recorded), std::min(std::max(10 * c.noise, 2e-5), 1e-3), 1e-12);
  }
}

// Of a case that keeps every second logit.
TEST(CaseDifferences, LogitsAreTakenInTheStepsOfTheCase) {
  const test::TemporaryFolder folder;
  const auto file = test::record_toy(folder.path());
  const auto sidecar = fs::path(file).replace_extension(".json");
  auto record = nlohmann::json::parse(std::ifstream(sidecar));
  const at::Tensor stored = RecordedCase(file).tensor("output_eval/logits").clone();
  const at::Tensor whole =
      at::stack({stored, at::zeros_like(stored)}, -1).flatten(1).slice(1, 0, 5);
  EXPECT_THROW(relative_difference(RecordedCase(file), whole, "output_eval/logits"),
               std::invalid_argument);
  record["logits_last_dim_stride"] = 2;
  std::ofstream(sidecar) << record;
  EXPECT_EQ(relative_difference(RecordedCase(file), whole, "output_eval/logits"), 0);
}

}  // namespace
}  // namespace timetrial::conformance
