// timetrial data, with a stand-in for timetrial-worker.
#include "command_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Describes two workloads on one data set and one on another; prepares by copying a package.
constexpr const char* kWorker = R"(
if [ "$1" = describe ]; then
  echo '[
    {"name": "digits_vit", "base": "digits_vit", "dataset": "digits"},
    {"name": "digits_vit_glu", "base": "digits_vit", "dataset": "digits"},
    {"name": "words_lm", "base": "words_lm", "dataset": "words", "data": "packages"},
    {"name": "imagenet_vit", "base": "imagenet_vit", "dataset": "imagenet", "data": "official"}]'
  exit 0
fi
if [ "$1" = estimate ]; then  # estimate NAME --source S
  [ -d "$4/train" ] || { echo "worker: $4/train: missing" >&2; exit 2; }
  cat "$4/size"
  exit 0
fi
# prepare NAME --source S --out O
echo "$2" >> "$HOME/calls"
if [ "$2" = imagenet_vit ]; then
  mkdir -p "$6/training" "$6/held_back"
  for shard in 0 1; do
    [ -e "$6/training/$shard" ] || { echo "shard $shard" >> "$HOME/calls"; echo x > "$6/training/$shard"; }
    [ ! -e "$HOME/crash" ] || kill -SEGV $$
  done
  exit 0
fi
[ -f "$4/digits/raw" ] || { echo "worker: $4/digits/raw: missing" >&2; exit 2; }
mkdir -p "$6/training" "$6/held_back"
cp "$4/digits/raw" "$6/training/images"
echo secret > "$6/held_back/labels"
[ ! -e "$HOME/crash" ] || kill -SEGV $$
)";

class DataCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    runner_.write_sibling("timetrial-worker", kWorker);
    fs::create_directories(runner_.folder() / "packages" / "digits");
    put("packages/digits/raw", "pixels");
    put("packages/digits/.stamp", "debian digits 1.0 abcd\n");
  }
  void put(const std::string& path, const std::string& content) const {
    std::ofstream(runner_.folder() / path) << content;
  }
  bool exists(const std::string& path) const { return fs::exists(runner_.folder() / path); }
  CommandResult prepare(const std::string& names) const {
    return runner_.run("data prepare " + names + " --packages packages --data data");
  }
  std::string calls() const {
    std::ifstream in(runner_.folder() / "calls");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  CommandRunner runner_;
};

TEST_F(DataCommand, PreparesADataSetOnceForAllItsWorkloads) {
  const auto first = prepare("digits_vit digits_vit_glu");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("digits: prepared, 2 files, 13 B"));
  const auto second = prepare("digits_vit");
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("digits: already prepared and verified"));
  EXPECT_EQ(calls(), "digits_vit\n");
  const auto manifest =
      nlohmann::json::parse(std::ifstream(runner_.folder() / "data/digits/manifest.json"));
  EXPECT_EQ(manifest.at("packages").at("digits"), "debian digits 1.0 abcd");
  EXPECT_FALSE(exists("data/.preparing"));
}

TEST_F(DataCommand, LeavesOfficialDataToTheirUser) {
  const auto named = prepare("imagenet_vit");
  EXPECT_EQ(named.code, 2);
  EXPECT_EQ(named.err,
            "timetrial: imagenet: official data, which you bring: pass --from DIR "
            "(docs/data/imagenet.md says what it holds)\n");
  // All: the words are next, and their package is the same here.
  EXPECT_EQ(prepare("").code, 0);
  EXPECT_EQ(calls(), "digits_vit\nwords_lm\n");
  const auto listed = runner_.run("data list --data data");
  EXPECT_THAT(listed.out, HasSubstr("imagenet             to be brought         -  imagenet_vit"));
  const auto json = nlohmann::json::parse(runner_.run("data list --data data --json").out);
  EXPECT_EQ(json.at("datasets").at(1).at("data"), "official");
}

class OfficialData : public DataCommand {
 protected:
  void SetUp() override {
    DataCommand::SetUp();
    bring("brought");
  }
  void bring(const std::string& folder) const {
    fs::create_directories(runner_.folder() / folder / "train");
    put(folder + "/size", "146000\n");
  }
  CommandResult prepare_from(const std::string& folder) const {
    return runner_.run("data prepare imagenet_vit --data data --from " + folder);
  }
};

TEST_F(OfficialData, IsPreparedFromWhatTheUserBrings) {
  const auto result = prepare_from("brought");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("imagenet: needs about 146 kB in data, where "));
  EXPECT_THAT(result.out, HasSubstr("imagenet: prepared, 2 files, 4 B, in data/imagenet"));
  EXPECT_FALSE(exists("data/.preparing"));
  EXPECT_EQ(runner_.run("data verify imagenet --data data").code, 0);
}

TEST_F(OfficialData, GoesOnAfterAnInterruption) {
  put("crash", "");
  const auto crashed = prepare_from("brought");
  EXPECT_EQ(crashed.code, 1);
  EXPECT_THAT(crashed.err, HasSubstr("finished files are kept; the same command goes on"));
  EXPECT_FALSE(exists("data/imagenet"));
  fs::remove(runner_.folder() / "crash");
  // What is prepared in between costs the interrupted one nothing.
  EXPECT_EQ(prepare("digits").code, 0);
  const auto again = prepare_from("brought");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("going on with what an interrupted run prepared, 2 B"));
  EXPECT_EQ(calls(), "imagenet_vit\nshard 0\ndigits_vit\nimagenet_vit\nshard 1\n");
  EXPECT_FALSE(exists("data/.preparing"));
}

TEST_F(OfficialData, NeverFinishesWhatAnotherFolderBegan) {
  put("crash", "");
  EXPECT_EQ(prepare_from("brought").code, 1);
  fs::remove(runner_.folder() / "crash");
  bring("another");
  EXPECT_EQ(prepare_from("another").code, 0);
  EXPECT_EQ(calls(), "imagenet_vit\nshard 0\nimagenet_vit\nshard 0\nshard 1\n");
}

TEST_F(OfficialData, IsRefusedBeforeAnythingIsWritten) {
  put("brought/size", "146000000000000000\n");
  const auto too_large = prepare_from("brought");
  EXPECT_EQ(too_large.code, 2);
  EXPECT_THAT(too_large.err, HasSubstr("make room, or pass --data"));
  bring("empty");
  fs::remove(runner_.folder() / "empty/train");
  const auto missing = prepare_from("empty");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("empty/train: missing"));
  EXPECT_EQ(calls(), "");
}

TEST_F(DataCommand, PreparesAgainWhatWasDamaged) {
  ASSERT_EQ(prepare("digits").code, 0);
  put("data/digits/training/images", "pixel5");
  const auto verified = runner_.run("data verify --data data --json");
  EXPECT_EQ(verified.code, 4);
  const auto checks = nlohmann::json::parse(verified.out).at("checks");
  EXPECT_EQ(checks.at(0).at("passed"), false);
  EXPECT_THAT(checks.at(0).at("problems").at(0).get<std::string>(), HasSubstr("images"));
  const auto again = prepare("digits");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("its content changed"));
  EXPECT_EQ(runner_.run("data verify digits --data data").code, 0);
}

TEST_F(DataCommand, LeavesEverythingAsItWasWhenTheWorkerFails) {
  fs::remove(runner_.folder() / "packages/digits/raw");
  const auto missing = prepare("digits");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("packages/digits/raw: missing"));
  EXPECT_FALSE(exists("data/digits"));
  put("packages/digits/raw", "pixels");
  put("crash", "");
  const auto crashed = prepare("digits");
  EXPECT_EQ(crashed.code, 1);
  EXPECT_THAT(crashed.err, HasSubstr("was killed by signal 11"));
  EXPECT_FALSE(exists("data/digits"));
  EXPECT_FALSE(exists("data/.preparing"));
}

TEST_F(DataCommand, SaysWhatIsWrongInOneLine) {
  struct Case {
    const char* arguments;
    int code;
    const char* message;
  };
  const Case cases[] = {
      {"data prepare digits_vt --packages packages --data data", 2, "digits_vit"},
      {"data prepare digits --packages nowhere --data data", 2,
       "nowhere: no such folder; run scripts/setup.sh"},
      {"data prepare digits --data data", 2, "no folder of data packages"},
      {"data prepare digits --packages packages --data packages/digits/raw", 2, "pass --data"},
      {"data prepare imagenet --from nowhere --data data", 2,
       "nowhere: no such folder; docs/data/imagenet.md"},
      {"data prepare digits --from packages --data data", 2, "is for one official data set"},
      {"data prepare 'digits' imagenet --from packages --data data", 2,
       "is for one official data set"},
      {"data verify --data data", 2, "no prepared data; run: timetrial data prepare"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments);
    const auto result = runner_.run(c.arguments);
    EXPECT_EQ(result.code, c.code);
    EXPECT_THAT(result.err, HasSubstr(c.message));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(DataCommand, ListsWhatIsPreparedAndWhatIsNot) {
  ASSERT_EQ(prepare("digits").code, 0);
  const auto listed = runner_.run("data list --data data");
  EXPECT_EQ(listed.code, 0);
  EXPECT_THAT(listed.out, HasSubstr("digits               prepared           13 B  digits_vit, "));
  EXPECT_THAT(listed.out, HasSubstr("words                not prepared"));
}

}  // namespace
}  // namespace timetrial::cli
