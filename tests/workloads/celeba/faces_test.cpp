// CelebA's files: from a small folder of the same form to batches, and what is refused.
#include "workloads/celeba/faces.h"

#include "tests/support/prepared_data.h"
#include "workloads/celeba/celeba.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <fstream>

namespace timetrial::celeba {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

constexpr Counts kSmall = {.training = 3, .validation = 2, .test = 1};

std::string name_of(int face) { return "00000" + std::to_string(face) + ".jpg"; }

/// Six faces; attribute k of face i is there where i + k is a multiple of 3.
class Faces : public testing::Test {
 protected:
  Faces() {
    // Of training 1, 4 and 6.
    fs::create_directories(root_ / "img_align_celeba");
    std::string attributes = "6\n", partition;
    for (const char* name : kAttributes) attributes += std::string(name) + " ";
    attributes += "\n";
    for (int i = 1; i <= 6; ++i) {
      fs::copy_file(fs::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/data/fixtures/encoded" /
                        (i % 2 == 0 ? "quarter.jpg" : "full.jpg"),
                    root_ / "img_align_celeba" / name_of(i));
      attributes += name_of(i) + " ";
      for (int k = 0; k < 40; ++k) attributes += (i + k) % 3 == 0 ? " 1" : " -1";
      attributes += "\n";
      partition += name_of(i) + " " + "012010"[i - 1] + "\n";
    }
    write("list_attr_celeba.txt", attributes);
    write("list_eval_partition.txt", partition);
  }

  void write(const char* name, const std::string& text) { std::ofstream(root_ / name) << text; }
  std::string text_of(const char* name) const {
    std::ostringstream text;
    text << std::ifstream(root_ / name).rdbuf();
    return text.str();
  }
  std::string refusal() const {
    try {
      bytes_to_prepare(root_, kSmall);
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "no error";
  }

  const test::TemporaryFolder folder_, out_;
  const fs::path root_ = folder_.path();
};

TEST_F(Faces, BecomeBatchesOfTheirOwnSplit) {
  prepare(root_, out_.path(), kSmall);
  const auto workload = make_celeba40(encoder_config());
  const auto training = workload->open_training(out_.path() / "training");
  ASSERT_EQ(training->size(), 3);
  const Batch batch = test::examples(*training, 0, 3);
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{3, 3, 64, 64}));
  EXPECT_GT(batch.inputs().max().item<double>(), 0.5);
  EXPECT_LE(batch.inputs().max().item<double>(), 1);
  ASSERT_EQ(batch.targets().sizes(), (std::vector<std::int64_t>{3, 40}));
  const int faces[] = {1, 4, 6};
  for (int row = 0; row < 3; ++row) {
    for (int k = 0; k < 40; ++k) {
      ASSERT_EQ(batch.targets()[row][k].item<std::int64_t>(), (faces[row] + k) % 3 == 0);
    }
  }
  const auto evaluation = workload->open_evaluation(out_.path() / "held_back");
  EXPECT_EQ(evaluation->size(Split::validation), 2);
  EXPECT_EQ(evaluation->size(Split::test), 1);
  EXPECT_EQ(evaluation->size(Split::train_subset), 2);

  resnet::Config small = encoder_config();
  small.width = 4;
  const auto model = make_celeba40(small)->make_model(at::kCPU);
  model->initialize(1);
  const auto metrics = evaluation->evaluate(*model, Split::validation, 1);
  EXPECT_EQ(metrics.size(), 2U + 2 * 40);
  const double error = metrics.at("Smiling/error");
  EXPECT_TRUE(error == 0 || error == 0.5 || error == 1) << error;
  EXPECT_GT(metrics.at("error"), 0);
}

TEST_F(Faces, AreRefusedWhereSomethingIsWrong) {
  EXPECT_EQ(refusal(), "no error");
  const std::string attributes = text_of("list_attr_celeba.txt");
  const std::string partition = text_of("list_eval_partition.txt");
  struct Case {
    const char *file, *from, *to, *message;
  };
  const Case cases[] = {
      {"list_attr_celeba.txt", "Bald", "Hairless",
       "list_attr_celeba.txt:2: attribute 'Hairless', expected 'Bald'"},
      {"list_attr_celeba.txt", " -1 1", " 0 1",
       "list_attr_celeba.txt:3: expected a file name and 40 times 1 or -1"},
      {"list_eval_partition.txt", "000002.jpg 1", "000002.jpg 3",
       "list_eval_partition.txt:2: expected a file name and 0, 1 or 2"},
      {"list_eval_partition.txt", "000003.jpg", "000007.jpg", "no line for 000003.jpg"},
      {"list_eval_partition.txt", "000002.jpg 1", "000002.jpg 0",
       "4 faces of training, expected 3"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    const std::string original = c.file[5] == 'a' ? attributes : partition;
    std::string changed = original;
    changed.replace(changed.find(c.from), std::string(c.from).size(), c.to);
    write(c.file, changed);
    EXPECT_THAT(refusal(), HasSubstr(c.message));
    EXPECT_THAT(refusal(), HasSubstr("docs/data/celeba.md"));
    write(c.file, original);
  }
  fs::remove(root_ / "img_align_celeba" / name_of(3));
  try {
    prepare(root_, out_.path(), kSmall);
    FAIL() << "prepared a face that is not there";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("000003.jpg: no such image, or an empty one"));
  }
  fs::remove(root_ / "list_eval_partition.txt");
  EXPECT_THAT(refusal(), HasSubstr("list_eval_partition.txt: no such file"));
}

}  // namespace
}  // namespace timetrial::celeba
