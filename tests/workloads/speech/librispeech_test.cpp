#include "workloads/speech/librispeech.h"

#include "made_librispeech.h"

#include <gmock/gmock.h>

#include <fstream>

namespace timetrial::speech {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

using Corpus = MadeLibriSpeech;

std::vector<std::string> ids(const Utterances& utterances) {
  std::vector<std::string> result;
  for (const auto& one : utterances.kept) result.push_back(one.id);
  return result;
}

std::string refusal(const Corpus& corpus) {
  try {
    list_utterances(corpus.root(), {"dev-clean"});
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(LibriSpeech, ListsFoldersInTheirOrderAndUtterancesByIdWithin) {
  const Corpus corpus;
  corpus.add("dev-other", 116, 288045, "0000", "SOMETHING ELSE", 900);
  corpus.add("dev-clean", 84, 121123, "0001", "AND ANOTHER", 800);
  corpus.add("dev-clean", 84, 121123, "0000", "DON'T   STOP", 700);
  corpus.add("dev-clean", 1272, 128104, "0000", "MISTER QUILTER", 600);
  std::ofstream(corpus.root() / "LibriSpeech" / "dev-clean" / "README.TXT") << "not a speaker";
  const auto found =
      list_utterances(corpus.root(), held_back_folders(workloads::Split::validation));
  EXPECT_THAT(ids(found), ElementsAre("1272-128104-0000", "84-121123-0000", "84-121123-0001",
                                      "116-288045-0000"));
  EXPECT_EQ(found.kept[1].transcript, "DON'T   STOP");
  EXPECT_EQ(found.kept[1].samples, 700);
  EXPECT_EQ(found.kept[1].audio, corpus.chapter("dev-clean", 84, 121123) / "84-121123-0000.flac");
}

TEST(LibriSpeech, DropsWhatAlgoPerfDrops) {
  const Corpus corpus;
  const auto add = [&](const char* id, const std::string& text, std::int64_t samples) {
    corpus.add("test-clean", 61, 70968, id, text, samples);
  };
  add("0000", std::string(256, 'A'), 500);
  add("0001", std::string(257, 'A'), 500);
  add("0002", "AS LONG AS MAY BE", 320000);
  add("0003", "A SAMPLE TOO LONG", 320001);
  add("0004", std::string(257, 'A'), 320001);  // counted once, for its text
  std::string accented;                        // 256 characters in 512 bytes
  for (int i = 0; i < 256; ++i) accented += "\xC3\x89";
  add("0005", accented, 500);
  const auto found = list_utterances(corpus.root(), held_back_folders(workloads::Split::test));
  EXPECT_THAT(ids(found), ElementsAre("61-70968-0000", "61-70968-0002", "61-70968-0005"));
  EXPECT_EQ(found.long_transcripts, 2);
  EXPECT_EQ(found.long_audio, 1);
}

TEST(LibriSpeech, SplitsAreAlgoPerfs) {
  EXPECT_THAT(training_folders(),
              ElementsAre("train-clean-100", "train-clean-360", "train-other-500"));
  EXPECT_EQ(held_back_folders(workloads::Split::train_subset), training_folders());
}

TEST(LibriSpeech, NamesWhatIsMissingOrMalformed) {
  {
    const Corpus corpus;
    EXPECT_THAT(refusal(corpus), HasSubstr("LibriSpeech/dev-clean: is not a folder; unpack"));
    fs::create_directories(corpus.root() / "LibriSpeech/dev-clean");
    EXPECT_THAT(refusal(corpus), HasSubstr("dev-clean: has no utterance"));
    fs::create_directories(corpus.chapter("dev-clean", 84, 1));
    EXPECT_THAT(refusal(corpus), HasSubstr("84/1/84-1.trans.txt: cannot be read"));
  }
  {
    const Corpus corpus;
    corpus.add("dev-clean", 84, 1, "0000", "HERE", 500);
    corpus.add("dev-clean", 84, 1, "0001", "NOT HERE", 0);
    EXPECT_THAT(refusal(corpus),
                HasSubstr("84-1.trans.txt:2: no audio file 84-1-0001.flac beside it"));
  }
  {
    const Corpus corpus;
    corpus.add("dev-clean", 84, 1, "0000", "ONCE", 500);
    corpus.add("dev-clean", 84, 1, "0000", "TWICE", 500);
    EXPECT_THAT(refusal(corpus), HasSubstr("utterance 84-1-0000 is there twice"));
  }
  for (const char* line : {"84-1-0000", "85-1-0000 OF ANOTHER", ""}) {
    const Corpus corpus;
    fs::create_directories(corpus.chapter("dev-clean", 84, 1));
    std::ofstream(corpus.chapter("dev-clean", 84, 1) / "84-1.trans.txt") << line << "\n";
    EXPECT_THAT(refusal(corpus), HasSubstr("84-1.trans.txt:1: \"" + std::string(line) +
                                           "\"; expected an id that starts with 84-1-, a space"));
  }
}

}  // namespace
}  // namespace timetrial::speech
