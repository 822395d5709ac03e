// AlgoPerf's ImageNet ViT workloads as they are registered: parameters, first values, recorded
// cases, and other sizes against a plain implementation that is itself held to the recorded
// numbers.
#include "harness/conformance/case_check.h"
#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"
#include "tests/workloads/vit/plain_vit.h"
#include "workloads/vit/vit.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

namespace timetrial::vit {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kFixtures = FIXTURES;
constexpr const char* kWorkloads[] = {"imagenet_vit", "imagenet_vit_glu", "imagenet_vit_post_ln",
                                      "imagenet_vit_map"};

std::unique_ptr<workloads::Workload> workload(const std::string& name) {
  return workloads::find(name).make();
}

nlohmann::json reduced() {
  return {{"num_classes", 10}, {"patch_size", {4, 4}}, {"width", 16},
          {"depth", 2},        {"mlp_dim", 32},        {"num_heads", 2}};
}

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

/// Parameters away from where they start: a head, biases and scales that count.
void scatter(const workloads::Model& model) {
  const at::NoGradGuard no_grad;
  std::uint32_t k = 0;
  for (const auto& p : model.parameters()) {
    const bool scale = p.type == ParameterType::layer_norm_scale;
    at::Tensor(p.tensor).copy_(test::recipe_tensor(p.tensor.sizes().vec(), k++, scale, 0.4));
  }
}

TEST(ImageNetVit, HasAlgoPerfsParameters) {
  for (const char* name : kWorkloads) {
    SCOPED_TRACE(name);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", name);
    EXPECT_THAT(table.differences(*workload(name)->make_model(at::kMeta)), IsEmpty());
    EXPECT_EQ(workloads::find(name).base, "imagenet_vit");
    EXPECT_EQ(workload(name)->facts().dataset, "imagenet");
    EXPECT_EQ(workload(name)->facts().metric, "accuracy");
    EXPECT_EQ(workload(name)->facts().source, workloads::DataSource::official);
  }
}

TEST(ImageNetVit, StartsAsAlgoPerfDoes) {
  for (const char* name : kWorkloads) {
    SCOPED_TRACE(name);
    const auto model = workload(name)->make_model(at::kCPU);
    model->initialize(1);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", name);
    EXPECT_THAT(table.initial_differences(*model), IsEmpty());
  }
}

TEST(ImageNetVit, TheRecordedCasesPass) {
  const struct {
    const char *name, *file;
  } cases[] = {{"imagenet_vit", "imagenet_vit.json"},
               {"imagenet_vit", "full_imagenet_vit.json"},
               {"imagenet_vit_glu", "imagenet_vit_glu.json"},
               {"imagenet_vit_post_ln", "imagenet_vit_post_ln.json"},
               {"imagenet_vit_map", "imagenet_vit_map.json"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    Checker checker({}, Checker::BadInput::ends);
    conformance::check_case(*workload(c.name), conformance::RecordedCase(kFixtures / c.file),
                            checker);
    const auto results = checker.take();
    EXPECT_GE(results.size(), 10U);
    for (const auto& result : results) EXPECT_TRUE(result.passed) << result.name << result.error;
  }
}

TEST(ImageNetVit, ThePlainModelEqualsTheRecordedOnes) {
  for (const char* name : {"imagenet_vit", "imagenet_vit_glu"}) {
    SCOPED_TRACE(name);
    const test::AlgoPerfFixture fixture(kFixtures, name);
    const auto model =
        workload(name)->in_recorded_sizes(fixture.sidecar()["constructor"])->make_model(at::kCPU);
    fixture.set_parameters(*model);
    const auto logits = test::PlainVit(*model, {.heads = 2}).logits(fixture.batch().inputs());
    EXPECT_LE(conformance::relative_difference(fixture, logits, "output_eval/logits"), 2e-6);
  }
}

TEST(ImageNetVit, VariantsEqualThePlainModel) {
  const Batch batch({{"inputs", test::recipe_tensor({3, 3, 12, 20}, 100, 0, 2)}});
  std::vector<at::Tensor> logits;
  for (const char* name : kWorkloads) {
    SCOPED_TRACE(name);
    const auto model = workload(name)->in_recorded_sizes(reduced())->make_model(at::kCPU);
    scatter(*model);
    logits.push_back(model->forward(batch, {}).logits.detach());
    EXPECT_LE(
        difference(logits.back(), test::PlainVit(*model, {.heads = 2}).logits(batch.inputs())),
        1e-5);
    if (logits.size() > 1) {
      EXPECT_GT(difference(logits.back(), logits.front()), 0.01);
    }
  }
}

// With values that are the same for every token, attention gives them back whatever the tokens are:
// only dropout of its own probabilities shows.
TEST(ImageNetVit, DropoutReachesTheAttentionOfThePoolingHead) {
  const auto model =
      workload("imagenet_vit_map")->in_recorded_sizes(reduced())->make_model(at::kCPU);
  scatter(*model);
  const at::NoGradGuard no_grad;
  for (const auto& p : model->parameters()) {
    if (p.name == "map.mha.kv_proj.weight" || p.name.starts_with("map.mlp.linear2")) {
      at::Tensor(p.tensor).zero_();
    }
  }
  const Batch batch({{"inputs", test::recipe_tensor({1, 3, 16, 16}, 100, 0, 2)}});
  ForwardOptions dropping;
  dropping.dropout = 0.5;
  at::manual_seed(1);
  const auto first = model->forward(batch, dropping).logits;
  EXPECT_FALSE(at::allclose(first, model->forward(batch, dropping).logits));
  dropping.dropout = 0;
  const auto plain = model->forward(batch, dropping).logits;
  dropping.training = false;
  EXPECT_TRUE(at::equal(plain, model->forward(batch, dropping).logits));
}

TEST(ImageNetVit, ArgumentsLeftOutAreAlgoPerfsDefaults) {
  const auto text =
      workload("imagenet_vit_glu")->in_recorded_sizes(nlohmann::json::object())->configuration();
  for (const char* line : {"width = 768\n", "heads = 12\n", "mlp_dim = 3072\n", "glu = true\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(ImageNetVit, ArgumentsThatAreNotTheVariantsAreRefused) {
  const struct {
    const char *name, *argument;
    nlohmann::json value;
  } cases[] = {{"imagenet_vit", "use_glu", true},
               {"imagenet_vit", "use_map", true},
               {"imagenet_vit_glu", "use_glu", false},
               {"imagenet_vit_post_ln", "use_post_layer_norm", false},
               {"imagenet_vit_map", "use_glu", true},
               {"imagenet_vit", "patch_size", {4, 8}},
               {"imagenet_vit", "rep_size", false},
               {"imagenet_vit", "heads", 2},
               {"imagenet_vit", "num_heads", 3}};
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " " + c.argument);
    auto constructor = reduced();
    EXPECT_NO_THROW(workload(c.name)->in_recorded_sizes(constructor));
    constructor[c.argument] = c.value;
    EXPECT_THROW(workload(c.name)->in_recorded_sizes(constructor), workloads::ConfigError);
  }
}

}  // namespace
}  // namespace timetrial::vit
