// AlgoPerf's Criteo workloads as they are registered: parameters, first values, recorded cases, and
// other sizes against a second, plain implementation in double precision.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>

#include "harness/conformance/case_check.h"
#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"
#include "workloads/dlrm/dlrm.h"

namespace timetrial::dlrm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kFixtures = fs::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/dlrm/fixtures";

std::unique_ptr<workloads::Workload> workload(const std::string& name) {
  return workloads::find(name).make();
}

/// In sizes that a test can afford, with widths that each of the two models can have.
std::unique_ptr<workloads::Workload> reduced(const std::string& name) {
  nlohmann::json constructor{{"vocab_size", 64}, {"embed_dim", 8}, {"num_dense_features", 5}};
  const bool resnet = name == "criteo1tb_resnet";
  constructor["mlp_bottom_dims"] = resnet ? std::vector{16, 16, 16} : std::vector{16, 12, 8};
  constructor["mlp_top_dims"] = resnet ? std::vector{16, 16, 16, 1} : std::vector{16, 12, 8, 1};
  constructor["num_sparse_features"] = 6;
  return workload(name)->in_recorded_sizes(constructor);
}

/// The model from its parameters by name, in double precision, one formula after the other.
class Plain {
 public:
  explicit Plain(const workloads::Model& model) {
    for (const auto& p : model.parameters()) tensors_[p.name] = p.tensor.detach().to(at::kDouble);
  }

  /// `spacing`: of the linear layers in the names of an MLP; 0 for residual blocks.
  at::Tensor logits(const at::Tensor& inputs, std::int64_t dense, int spacing) const {
    at::Tensor bottom = inputs.slice(1, 0, dense).to(at::kDouble);
    for (int i = 0; i < 3; ++i) bottom = hidden("bot_mlp.", bottom, i, spacing);
    const at::Tensor table = at::cat({at("embedding_chunk_0"), at("embedding_chunk_1"),
                                      at("embedding_chunk_2"), at("embedding_chunk_3")});
    const at::Tensor ids = inputs.slice(1, dense).to(at::kLong).remainder(table.size(0));
    at::Tensor rows = table.index({ids});
    if (has("embed_ln.weight")) rows = norm("embed_ln", rows);
    at::Tensor x = spacing == 0 ? at::cat({bottom, rows.flatten(1)}, 1) : products(bottom, rows);
    const int layers = top_layers();
    for (int i = 0; i + 1 < layers; ++i) x = hidden("top_mlp.", x, i, spacing);
    return linear(spacing == 0 ? "top_mlp." + std::to_string(layers - 1) + ".module.0"
                               : "top_mlp." + std::to_string((layers - 1) * spacing + 1),
                  x);
  }

 private:
  const at::Tensor& at(const std::string& name) const { return tensors_.at(name); }
  bool has(const std::string& name) const { return tensors_.contains(name); }

  int top_layers() const {
    int layers = 0;
    for (const auto& [name, tensor] : tensors_) {
      layers += name.starts_with("top_mlp.") && name.ends_with(".weight") && tensor.dim() == 2;
    }
    return layers;
  }
  at::Tensor linear(const std::string& name, const at::Tensor& x) const {
    return x.matmul(at(name + ".weight").t()) + at(name + ".bias");
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) const {
    const at::Tensor centred = x - x.mean(-1, true);
    return centred / (centred.square().mean(-1, true) + 1e-6).sqrt() * at(name + ".weight") +
           at(name + ".bias");
  }
  at::Tensor hidden(const std::string& mlp, const at::Tensor& x, int i, int spacing) const {
    if (spacing == 0) {
      const at::Tensor out = linear(mlp + std::to_string(i) + ".module.0", x).clamp_min(0);
      return i == 0 ? out : out + x;
    }
    const at::Tensor out = linear(mlp + std::to_string(i * spacing), x).clamp_min(0);
    return spacing == 3 ? norm(mlp + std::to_string(i * spacing + 2), out) : out;
  }
  static at::Tensor products(const at::Tensor& bottom, const at::Tensor& rows) {
    std::vector<at::Tensor> columns{bottom};
    const at::Tensor z = at::cat({bottom.unsqueeze(1), rows}, 1);
    for (std::int64_t i = 0; i < z.size(1); ++i) {
      for (std::int64_t j = i; j < z.size(1); ++j) {
        columns.push_back((z.select(1, i) * z.select(1, j)).sum(-1, true));
      }
    }
    return at::cat(columns, 1);
  }

  std::map<std::string, at::Tensor> tensors_;
};

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

/// Parameters away from where they start, so that norms and biases count.
void scatter(const workloads::Model& model) {
  const at::NoGradGuard no_grad;
  std::uint32_t k = 0;
  for (const auto& p : model.parameters()) {
    const bool scale = p.tensor.dim() == 1 && p.name.ends_with("weight");
    const auto shape = p.tensor.sizes().vec();
    at::Tensor(p.tensor).copy_(test::recipe_tensor(shape, k++, scale ? 1 : 0, 0.5));
  }
}

at::Tensor reduced_inputs() {
  return at::cat({test::recipe_tensor({7, 5}, 100, 0, 2),
                  test::recipe_integers({7, 6}, 101, 0, 1000).to(at::kFloat)},
                 1);
}

TEST(CriteoWorkloads, HaveAlgoPerfsParameters) {
  for (const char* name : {"criteo1tb", "criteo1tb_embed_init", "criteo1tb_layernorm",
                           "criteo1tb_resnet", "criteo1tb_test"}) {
    SCOPED_TRACE(name);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", name);
    EXPECT_THAT(table.differences(*workload(name)->make_model(at::kMeta)), IsEmpty());
    EXPECT_EQ(workloads::find(name).base, "criteo1tb");
    EXPECT_EQ(workload(name)->facts().metric, "loss");
    EXPECT_FALSE(workload(name)->facts().higher_is_better);
    EXPECT_EQ(workload(name)->facts().source, workloads::DataSource::official);
  }
}

// The table's recorded start is of 65,536 rows.
TEST(CriteoWorkloads, StartAsAlgoPerfDoes) {
  Config norm, resnet, large;
  norm.layer_norm = true;
  resnet.resnet = true;
  resnet.bottom_dims = {256, 256, 256};
  resnet.top_dims = {256, 256, 256, 256, 1};
  large.embed_init_scale = 1;
  const struct {
    const char* name;
    Config config;
  } cases[] = {{"criteo1tb", Config{}},
               {"criteo1tb_layernorm", norm},
               {"criteo1tb_resnet", resnet},
               {"criteo1tb_embed_init", large}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Config config = c.config;
    config.vocab_size = 65536;
    const auto model = make_model(config, at::kCPU);
    model->initialize(1);
    auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", c.name);
    // The bias of the logit is one number, of a normal distribution: a single draw shows no spread.
    for (auto& row : table.rows) {
      if (row.shape != std::vector<std::int64_t>{1}) continue;
      row.deviation = 1;
      row.mean = row.smallest = row.largest = 0;
    }
    auto differences = table.initial_differences(*model);
    std::erase_if(differences, [](const std::string& line) {
      return line.find(".bias: deviation 0.000000, expected 1.000000") != std::string::npos;
    });
    EXPECT_THAT(differences, IsEmpty());
  }
}

TEST(CriteoWorkloads, TheRecordedCasesPass) {
  const struct {
    const char *name, *file;
  } cases[] = {{"criteo1tb", "criteo1tb.json"},
               {"criteo1tb_embed_init", "criteo1tb.json"},
               {"criteo1tb_test", "criteo1tb.json"},
               {"criteo1tb_layernorm", "criteo1tb_layernorm.json"},
               {"criteo1tb_resnet", "criteo1tb_resnet.json"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Checker checker({}, Checker::BadInput::ends);
    conformance::check_case(*workload(c.name), conformance::RecordedCase(kFixtures / c.file),
                            checker);
    const auto results = checker.take();
    EXPECT_GE(results.size(), 9U);
    for (const auto& result : results) EXPECT_TRUE(result.passed) << result.name << result.error;
  }
}

TEST(CriteoWorkloads, ThePlainModelEqualsTheRecordedOne) {
  const test::AlgoPerfFixture fixture(kFixtures, "criteo1tb");
  const auto model = workload("criteo1tb")
                         ->in_recorded_sizes(fixture.sidecar()["constructor"])
                         ->make_model(at::kCPU);
  fixture.set_parameters(*model);
  const auto logits = Plain(*model).logits(fixture.batch().inputs(), 13, 2);
  EXPECT_LE(conformance::relative_difference(fixture, logits, "output_eval/logits"), 1e-6);
}

TEST(CriteoWorkloads, VariantsEqualThePlainModel) {
  const struct {
    const char* name;
    int spacing;
  } cases[] = {{"criteo1tb", 2}, {"criteo1tb_layernorm", 3}, {"criteo1tb_resnet", 0}};
  std::vector<at::Tensor> logits;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto model = reduced(c.name)->make_model(at::kCPU);
    scatter(*model);
    const Batch batch({{"inputs", reduced_inputs()}});
    logits.push_back(model->forward(batch, {}).logits.detach());
    EXPECT_LE(difference(logits.back(), Plain(*model).logits(batch.inputs(), 5, c.spacing)), 1e-5);
  }
  EXPECT_GT(difference(logits[0], logits[1]), 0.01);
  EXPECT_GT(difference(logits[0], logits[2]), 0.01);
}

TEST(CriteoWorkloads, ArgumentsLeftOutAreAlgoPerfsDefaults) {
  const auto base = workload("criteo1tb")->in_recorded_sizes({{"vocab_size", 256}});
  EXPECT_THAT(base->configuration(), HasSubstr("bottom_dims = 512 256 128\n"));
  EXPECT_THAT(base->configuration(), HasSubstr("vocab_size = 256\n"));
  const auto resnet = workload("criteo1tb_resnet")->in_recorded_sizes({{"vocab_size", 256}});
  EXPECT_THAT(resnet->configuration(), HasSubstr("top_dims = 256 256 256 256 1\n"));
  const auto norm = workload("criteo1tb_layernorm")->in_recorded_sizes({{"vocab_size", 256}});
  EXPECT_THAT(norm->configuration(), HasSubstr("layer_norm = 1\n"));
}

TEST(CriteoWorkloads, ArgumentsThatAreNotTheVariantsAreRefused) {
  const struct {
    const char *name, *argument;
    nlohmann::json value;
  } cases[] = {{"criteo1tb", "use_layer_norm", true},
               {"criteo1tb", "embedding_init_multiplier", 1.0},
               {"criteo1tb", "dropout_rate", 0.1},
               {"criteo1tb_layernorm", "use_layer_norm", false},
               {"criteo1tb_embed_init", "embedding_init_multiplier", 2.0},
               {"criteo1tb_resnet", "mlp_top_dims", {16, 8, 1}},
               {"criteo1tb", "vocab_size", 255}};
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " " + c.argument);
    nlohmann::json constructor{{"vocab_size", 64}};
    EXPECT_NO_THROW(workload(c.name)->in_recorded_sizes(constructor));
    constructor[c.argument] = c.value;
    EXPECT_THROW(workload(c.name)->in_recorded_sizes(constructor), workloads::ConfigError);
  }
}

}  // namespace
}  // namespace timetrial::dlrm
