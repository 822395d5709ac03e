// Criteo's files as they lie on disk, in small, through preparation to batches, a step and
// evaluation.
#include "workloads/dlrm/criteo_data.h"

#include "tests/support/temporary_folder.h"
#include "workloads/data/criteo.h"
#include "workloads/data/criteo_row.h"
#include "workloads/dlrm/dlrm.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>

namespace timetrial::dlrm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

// Days 0 to 22 have two pieces of three rows; day 23 has 36, of which 19 are test, 17 validation.
constexpr std::int64_t kRows = 3;
constexpr CriteoCounts kSmall = {
    .training = 23 * 2 * kRows, .validation = 17 * kRows, .test = 19 * kRows, .train_subset = 50};

/// Row `number`, counted through all files: of every category another text.
std::string row(std::int64_t number) {
  std::string line = std::to_string(number % 2);
  for (std::int64_t i = 0; i < 13; ++i) {
    line += "\t" + (i % 5 == 4 ? "" : std::to_string(number * 37 + i * i * i * 1'000 - 3));
  }
  for (std::int64_t i = 0; i < 26; ++i) {
    std::ostringstream text;
    text << std::hex << (number * 2'654'435'761 + i * 40'503) % 4'294'967'296;
    line += "\t" + text.str();
  }
  return line;
}

std::string piece_name(int day, int piece) {
  return "day_" + std::to_string(day) + (piece < 10 ? "_0" : "_") + std::to_string(piece);
}

/// Calls `visit` with each piece's name and the number of its first row.
void each_piece(const std::function<void(const std::string&, std::int64_t first)>& visit) {
  std::int64_t number = 0;
  for (int day = 0; day < 24; ++day) {
    for (int piece = 0; piece < (day == 23 ? 36 : 2); ++piece, number += kRows) {
      visit(piece_name(day, piece), number);
    }
  }
}

void write_days(const fs::path& folder) {
  fs::create_directories(folder);
  each_piece([&](const std::string& name, std::int64_t first) {
    std::ofstream out(folder / name);
    for (std::int64_t i = 0; i < kRows; ++i) out << row(first + i) << '\n';
  });
}

at::Tensor inputs_of(std::int64_t number) {
  const auto example = data::parse_criteo_row(row(number), "a test row");
  return at::tensor(at::ArrayRef<float>(example.inputs.data(), example.inputs.size()));
}

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream out;
    out << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[fs::relative(entry.path(), folder).string()] = std::move(out).str();
  }
  return files;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

class CriteoData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    write_days(source());
    prepare_criteo(source(), data(), kSmall);
  }
  static void TearDownTestSuite() { delete folder_; }
  static fs::path source() { return folder_->path() / "source"; }
  static fs::path data() { return folder_->path() / "data"; }
  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* CriteoData::folder_ = nullptr;

TEST(CriteoRow, KeepsWhatReachesTheModel) {
  EXPECT_EQ(data::kPackedRowBytes, 110u);
  for (std::int64_t number = 0; number < 500; ++number) {
    const at::Tensor inputs = inputs_of(number), found = at::empty({39});
    std::array<std::byte, data::kPackedRowBytes> packed{};
    data::pack_row(inputs.const_data_ptr<float>(), static_cast<float>(number % 2), packed);
    EXPECT_EQ(data::unpack_row(packed, found.mutable_data_ptr<float>()), number % 2);
    ASSERT_TRUE(at::equal(found, inputs)) << number;
  }
}

TEST(CriteoRow, RefusesWhatDoesNotFit) {
  std::array<float, data::kCriteoColumns> inputs{};
  std::array<std::byte, data::kPackedRowBytes> packed{};
  EXPECT_THROW(data::pack_row(inputs.data(), 0.5F, packed), std::invalid_argument);
  inputs[13 + 5] = 4;  // a vocabulary of three
  EXPECT_THROW(data::pack_row(inputs.data(), 0, packed), std::invalid_argument);
  inputs[13 + 5] = -1;
  EXPECT_THROW(data::pack_row(inputs.data(), 0, packed), std::invalid_argument);
  // The largest id of a large vocabulary, which float32 rounds up.
  inputs[13 + 5] = 0;
  inputs[13] = static_cast<float>(data::kCriteoVocabularies[0] - 1);
  data::pack_row(inputs.data(), 0, packed);
  std::array<float, data::kCriteoColumns> found{};
  data::unpack_row(packed, found.data());
  EXPECT_EQ(found[13], inputs[13]);
}

TEST_F(CriteoData, TrainingRowsAreThoseOfTheText) {
  const auto training = open_criteo_training(data() / "training");
  EXPECT_EQ(training->size(), kSmall.training);
  EXPECT_TRUE(training->worth_reading_ahead());
  // Files come by name: day_0, day_1, day_10, …
  std::vector<std::pair<std::string, std::int64_t>> pieces;
  each_piece([&](const std::string& name, std::int64_t first) {
    if (!name.starts_with("day_23")) pieces.emplace_back(name, first);
  });
  std::sort(pieces.begin(), pieces.end());
  const std::vector<std::int64_t> indices = {137, 0, 1, 14, 70};
  const Batch batch = training->gather(indices, 1);
  EXPECT_EQ(batch.inputs().sizes(), at::IntArrayRef({5, 39}));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::int64_t number =
        pieces[static_cast<std::size_t>(indices[i] / kRows)].second + indices[i] % kRows;
    const auto at = static_cast<std::int64_t>(i);
    EXPECT_TRUE(at::equal(batch.inputs()[at], inputs_of(number))) << indices[i];
    EXPECT_EQ(batch.targets()[at].item<float>(), static_cast<float>(number % 2));
  }
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({5})));
  EXPECT_THROW(training->gather(std::vector<std::int64_t>{138}, 1), std::out_of_range);
}

/// A table of 64 rows: the model of criteo1tb in a size that a test can afford.
std::unique_ptr<workloads::Workload> small_workload() {
  Config config;
  config.vocab_size = 64;
  config.embed_dim = 4;
  config.bottom_dims = {8, 4};
  config.top_dims = {8, 1};
  return make_criteo(config);
}

TEST_F(CriteoData, EvaluationIsTheMeanOverEveryRowAtAnyBatchSize) {
  const auto workload = small_workload();
  const auto evaluation = workload->open_evaluation(data() / "held_back");
  EXPECT_EQ(evaluation->size(Split::train_subset), 50);
  EXPECT_EQ(evaluation->size(Split::validation), kSmall.validation);
  EXPECT_EQ(evaluation->size(Split::test), kSmall.test);
  EXPECT_EQ(evaluation->default_batch_size, 8'192);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  // Validation is pieces 19 to 35 of day 23: rows from (23 * 2 + 19) * 3 on.
  double nats = 0;
  const at::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < kSmall.validation; ++i) {
    const std::int64_t number = (23 * 2 + 19) * kRows + i;
    ForwardOptions options;
    options.training = false;
    const Batch one({{"inputs", inputs_of(number).unsqueeze(0)},
                     {"targets", at::full({1}, static_cast<double>(number % 2))},
                     {"weights", at::ones({1})}});
    const double logit = model->forward(one, options).logits.item<double>();
    nats += std::log1p(std::exp(number % 2 == 1 ? -logit : logit));
  }
  for (const std::int64_t batch_size : {1, 7, 1000}) {
    const auto found = evaluation->evaluate(*model, Split::validation, batch_size);
    EXPECT_NEAR(found.at("loss") * static_cast<double>(kSmall.validation), nats, 1e-6 * nats);
  }
  EXPECT_THROW(evaluation->evaluate(*model, Split::test, 0), std::invalid_argument);
}

TEST_F(CriteoData, ASmallModelLearnsABatch) {
  const auto workload = small_workload();
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch = workload->open_training(data() / "training")
                          ->gather(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}, 1);
  const auto loss = [&] { return workload->loss(batch, model->forward(batch, {}), 0).mean(); };
  const at::Tensor before = loss();
  before.backward();
  {
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      if (parameter.tensor.grad().defined()) parameter.tensor.sub_(parameter.tensor.grad(), 1e-5);
    }
  }
  EXPECT_LT(loss().item<double>(), before.item<double>());
}

TEST_F(CriteoData, PreparingGoesOnWhereItStoppedWithTheSameBytes) {
  const test::TemporaryFolder again;
  prepare_criteo(source(), again.path(), kSmall);
  const auto whole = files_of(data());
  EXPECT_EQ(whole.size(), 23u * 2 + 36 + 1);
  fs::remove(again.path() / "training/day_5_01.safetensors");
  fs::remove_all(again.path() / "held_back/train_subset");
  prepare_criteo(source(), again.path(), kSmall);
  EXPECT_TRUE(files_of(again.path()) == whole);
  std::uint64_t bytes = 0;
  for (const auto& [name, text] : whole) bytes += text.size() - 4096;  // of the headers
  EXPECT_NEAR(static_cast<double>(bytes_to_prepare_criteo(source(), kSmall)),
              static_cast<double>(bytes), 0.05 * static_cast<double>(bytes));
}

TEST_F(CriteoData, NamesWhatIsMissingOrMalformed) {
  const test::TemporaryFolder folder;
  const auto message = [&] {
    return message_of([&] { prepare_criteo(folder.path() / "in", folder.path() / "out", kSmall); });
  };
  EXPECT_THAT(message(), HasSubstr("in: no such folder; expected Criteo's days"));
  write_days(folder.path() / "in");
  fs::remove(folder.path() / "in/day_23_20");
  EXPECT_THAT(message(), HasSubstr("in: no day_23_20; expected Criteo's days in numbered pieces"));
  std::ofstream(folder.path() / "in/day_23_20") << row(1) << "\n" << row(2) << "\n1\t2\n";
  EXPECT_THAT(message(), HasSubstr("day_23_20:3: 2 fields; expected 40"));
  std::ofstream(folder.path() / "in/day_23_20") << row(1) << "\n2" << row(2).substr(1) << "\n";
  EXPECT_THAT(message(), HasSubstr("day_23_20: a label is neither 0 nor 1"));
  std::ofstream(folder.path() / "in/day_23_20") << row(1) << "\n";
  EXPECT_THAT(message(),
              HasSubstr("criteo1tb: 49 rows of validation, expected 51; unpack and split"));
  EXPECT_THAT(message_of([&] { open_criteo_training(folder.path() / "nothing"); }),
              HasSubstr("nothing: no .safetensors files; make them with: timetrial data prepare "
                        "criteo1tb --from DIR"));
}

}  // namespace
}  // namespace timetrial::dlrm
