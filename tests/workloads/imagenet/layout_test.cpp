#include "workloads/imagenet/layout.h"

#include "tests/support/temporary_folder.h"
#include "tests/workloads/imagenet/small_imagenet.h"

#include <gmock/gmock.h>

#include <functional>

namespace timetrial::imagenet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kClassNames(test::kClasses.begin(), test::kClasses.end());

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

class Layout : public testing::Test {
 protected:
  void SetUp() override { test::write_small_imagenet(root()); }
  const fs::path& root() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(Layout, ClassesAreTheSortedFoldersOfTrain) {
  EXPECT_EQ(class_names(root(), 3), kClassNames);
  EXPECT_THAT(message_of([&] { class_names(root(), 1000); }),
              HasSubstr("/train: 3 folders, expected 1000, one a class; docs/data/imagenet.md"));
  EXPECT_THAT(message_of([&] { class_names(root() / "nowhere", 3); }),
              HasSubstr("nowhere/train: no such folder; expected train/<class>/*.JPEG"));
}

TEST_F(Layout, ImagesComeByClassAndName) {
  std::ofstream(root() / "train/n01440764/notes.txt") << "no image";
  test::put_image(root() / "train/n01440764/AAA.jpg", 0);
  const Listing training = list_training(root(), kClassNames);
  ASSERT_EQ(training.count(), 13);
  EXPECT_EQ(training.path(0), root() / "train/n01440764/AAA.jpg");
  EXPECT_EQ(training.path(1), root() / "train/n01440764/n01440764_0.JPEG");
  EXPECT_EQ(training.path(12), root() / "train/n01484850/n01484850_3.JPEG");
  EXPECT_THAT(training.labels, ElementsAre(0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2));
  for (std::int64_t i = 0; i < training.count(); ++i) {
    EXPECT_EQ(training.sizes[static_cast<std::size_t>(i)], fs::file_size(training.path(i)));
  }
}

TEST_F(Layout, TestLabelsAreNumbersNotText) {
  for (const int label : {3, 4, 5, 6, 7, 8, 9, 10}) {
    test::put_image(
        root() / "imagenetv2-matched-frequency-format-val" / std::to_string(label) / "b.jpeg", 0);
  }
  const Listing listing = list_test(root(), 11);
  EXPECT_THAT(listing.labels, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(listing.path(10).parent_path().filename(), "10");
}

TEST_F(Layout, NamesTheClassThatIsMissingOrEmpty) {
  fs::remove_all(root() / "val/n01443537");
  EXPECT_THAT(message_of([&] { list_validation(root(), kClassNames); }),
              HasSubstr("val/n01443537: no such folder"));
  fs::create_directory(root() / "val/n01443537");
  EXPECT_THAT(message_of([&] { list_validation(root(), kClassNames); }),
              HasSubstr("val/n01443537: no image in it"));
  fs::remove_all(root() / "imagenetv2-matched-frequency-format-val");
  EXPECT_THAT(message_of([&] { list_test(root(), 3); }),
              HasSubstr("imagenetv2-matched-frequency-format-val: no such folder; expected "
                        "ImageNet-v2, unpacked"));
}

class FlatValidation : public Layout {
 protected:
  void SetUp() override {
    Layout::SetUp();
    fs::remove_all(root() / "val");
    for (int i = 1; i <= 3; ++i) {
      test::put_image(root() / "val" / ("ILSVRC2012_val_0000000" + std::to_string(i) + ".JPEG"), i);
    }
  }
  void write_solution(const std::string& text) {
    std::ofstream(root() / "LOC_val_solution.csv") << "ImageId,PredictionString\n" << text;
  }
};

TEST_F(FlatValidation, TakesClassesFromTheSolution) {
  write_solution(
      "ILSVRC2012_val_00000003,n01443537 85 1 499 272 \n"
      "ILSVRC2012_val_00000001,n01484850 1 2 3 4 n01484850 5 6 7 8\r\n"
      "ILSVRC2012_val_00000002,n01440764\n");
  const Listing listing = list_validation(root(), kClassNames);
  EXPECT_THAT(listing.labels, ElementsAre(2, 0, 1));
  EXPECT_EQ(listing.path(2), root() / "val/ILSVRC2012_val_00000003.JPEG");
}

TEST_F(FlatValidation, NamesWhatIsMissing) {
  const auto message = [&] { return message_of([&] { list_validation(root(), kClassNames); }); };
  EXPECT_THAT(message(), HasSubstr("LOC_val_solution.csv: no such file; expected class folders in "
                                   "val, or this file"));
  write_solution("ILSVRC2012_val_00000001,n01484850\n");
  EXPECT_THAT(message(), HasSubstr("no line for val/ILSVRC2012_val_00000002.JPEG"));
  write_solution("ILSVRC2012_val_00000001,n99999999 1 2 3 4\n");
  EXPECT_THAT(message(), HasSubstr("is of class 'n99999999', which has no folder in train"));
  write_solution("ILSVRC2012_val_00000001 n01484850\n");
  EXPECT_THAT(message(), HasSubstr("LOC_val_solution.csv:2: expected image,class"));
}

}  // namespace
}  // namespace timetrial::imagenet
