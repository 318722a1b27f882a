// attune tokenize: text to ids, a conversation to rendered text and ids with the trained mask, or ids to text.
#include "app/cli/command/output.h"
#include "app/cli/command/template_option.h"
#include "app/cli/command/token_ids.h"
#include "core/api/config_fields.h"
#include "core/base/atomic_file.h"
#include "core/data/messages_file.h"
#include "core/data/sample.h"
#include "core/tokenizer/tokenizer.h"

#include <CLI/CLI.hpp>

#include <optional>

namespace attune::app {

namespace {

constexpr size_t kMaxTextBytes = size_t(256) << 20;

class TokenizeCommand : public Command {
public:
  std::string name() const override { return "tokenize"; }
  std::string summary() const override { return "Turn text into token ids, or ids into text"; }
  std::string example() const override { return "attune tokenize --model model.gguf --text \"Hello\" --json"; }
  void addOptions(CLI::App &options) override {
    options.add_option("--model", m_model, "A model folder or .gguf file; its tokenizer files are enough")->required();
    options.add_option("--text", m_text, "The text to encode");
    options.add_option("--file", m_file, "A file with the text to encode");
    options.add_option("--messages", m_messages, "A JSON file with a conversation to render and encode");
    options.add_option("--ids", m_ids, "Token ids to decode, \"1 2 3\"");
    options.add_flag("--with-special", m_withSpecial, "Let special tokens written in the text become special tokens");
    options.add_flag("--add-special", m_addSpecial, "Put the model's begin token before the text, where the model wants one");
    options.add_flag("--add-generation-prompt", m_generationPrompt, "End the conversation with the start of an answer");
    m_template.add(options);
    options.add_option("--train-on", m_trainOn, "Which answers count as trained: answers, last or all")
        ->check(CLI::IsMember({"answers", "last", "all"}));
  }

  Result<int> run(CommandContext &context) override {
    const size_t sources = size_t(m_text.has_value()) + m_file.has_value() + m_messages.has_value() + m_ids.has_value();
    if (sources != 1)
      return Error{ErrorCode::Usage, "Give exactly one of --text, --file, --messages and --ids.", "", "See: attune tokenize --help"};
    if (m_generationPrompt && !m_messages)
      return Error{ErrorCode::Usage, "Only a conversation has a generation prompt.", "--add-generation-prompt",
                   "Give it together with --messages, or leave it out."};
    ATTUNE_TRY(const tokenizer::TokenizerBundle bundle, tokenizer::loadTokenizer(m_model));
    ATTUNE_TRY(const tokenizer::EncodedChat encoded, encode(bundle, context));
    ATTUNE_CHECK(context.json ? printAll(context, *bundle.tokenizer, encoded) : printShort(context, encoded));
    return 0;
  }

private:
  Result<tokenizer::EncodedChat> encode(const tokenizer::TokenizerBundle &bundle, CommandContext &context) {
    const tokenizer::Tokenizer &tokenizer = *bundle.tokenizer;
    tokenizer::EncodedChat encoded;
    if (m_messages) return encodeMessages(bundle, context);
    if (m_ids) {
      ATTUNE_TRY(encoded.ids, parseIds(*m_ids, tokenizer.vocabularySize()));
      encoded.text = tokenizer.decode(encoded.ids, false);
    } else {
      encoded.text = m_text.value_or("");
      if (m_file) {
        ATTUNE_TRY(encoded.text, readFile(*m_file, kMaxTextBytes));
      }
      auto ids = tokenizer.encodeUnlessStopped(encoded.text, m_withSpecial, context.stop);
      if (!ids) return interrupted();
      encoded.ids = std::move(*ids);
      const auto prefix = m_addSpecial ? tokenizer.prefixTokens() : std::vector<tokenizer::TokenId>{};
      encoded.ids.insert(encoded.ids.begin(), prefix.begin(), prefix.end());
    }
    return encoded;
  }

  Result<tokenizer::EncodedChat> encodeMessages(const tokenizer::TokenizerBundle &bundle, CommandContext &context) {
    using tokenizer::TrainedPart;
    ATTUNE_TRY(tokenizer::Conversation conversation, data::readMessagesFile(*m_messages));
    ATTUNE_TRY(const tokenizer::ChatLayout layout, m_template.choose(bundle, context));
    m_templateUsed = layout.name();
    const TrainedPart part = m_trainOn == "last" ? TrainedPart::Last : m_trainOn == "all" ? TrainedPart::All : TrainedPart::Answers;
    ATTUNE_TRY(tokenizer::EncodedChat encoded, layout.encode(bundle, conversation, part, m_generationPrompt));
    if (m_withSpecial) { // what users wrote may be special too; the trained mask then has no meaning of its own
      encoded.ids = bundle.tokenizer->encode(encoded.text, true);
      encoded.labels.assign(encoded.ids.size(), data::kIgnore);
    }
    if (!encoded.labels.empty()) encoded.labels.front() = data::kIgnore; // nothing predicts the first token
    return encoded;
  }

  static Error interrupted() { return Error{ErrorCode::Interrupted, "Tokenising was stopped.", "", ""}; }

  /// `one(i)` of each token, `separator` between; a list may be millions long, so it can be stopped.
  template <typename One> static Status printList(CommandContext &context, size_t count, const char *separator, const One &one) {
    for (size_t i = 0; i < count; ++i) {
      if (i % 4096 == 0 && context.stop.stopRequested()) {
        context.json = false; // there is half an object on stdout already
        return interrupted();
      }
      if (i > 0) context.out << separator;
      one(i);
    }
    return {};
  }

  Status printShort(CommandContext &context, const tokenizer::EncodedChat &encoded) const {
    if (m_ids || m_messages) {
      printWritten(context.out, encoded.text);
      context.out << '\n';
    }
    if (m_ids) return {};
    ATTUNE_CHECK(printList(context, encoded.ids.size(), " ", [&](size_t i) { context.out << encoded.ids[i]; }));
    context.out << '\n';
    return {};
  }

  /// The object is written piece by piece: as a tree it would take fifty times the text's memory.
  Status printAll(CommandContext &context, const tokenizer::Tokenizer &tokenizer, const tokenizer::EncodedChat &encoded) const {
    std::ostream &out = context.out;
    const size_t count = encoded.ids.size();
    out << "{\"ids\":[";
    ATTUNE_CHECK(printList(context, count, ",", [&](size_t i) { out << encoded.ids[i]; }));
    out << "],\"pieces\":[";
    const auto piece = [&](size_t i) { return dumpJson(tokenizer.piece(encoded.ids[i]), -1); };
    ATTUNE_CHECK(printList(context, count, ",", [&](size_t i) { out << piece(i); }));
    out << "],\"text\":" << dumpJson(encoded.text, -1) << ",\"trained\":[";
    const auto trained = [&](size_t i) { return i < encoded.labels.size() && encoded.labels[i] != data::kIgnore; };
    ATTUNE_CHECK(printList(context, count, ",", [&](size_t i) { out << (trained(i) ? "true" : "false"); }));
    out << ']';
    if (m_messages) {
      out << ",\"labels\":[";
      ATTUNE_CHECK(printList(context, count, ",", [&](size_t i) { out << encoded.labels[i]; }));
      out << "],\"template\":" << dumpJson(m_templateUsed, -1);
    }
    out << "}\n";
    return {};
  }

  std::string m_model;
  std::optional<std::string> m_text;
  std::optional<std::string> m_file;
  std::optional<std::string> m_messages;
  std::optional<std::string> m_ids;
  std::string m_trainOn = "answers";
  TemplateOption m_template;
  std::string m_templateUsed;
  bool m_withSpecial = false;
  bool m_addSpecial = false;
  bool m_generationPrompt = false;
};

ATTUNE_COMMAND(TokenizeCommand);

} // namespace

} // namespace attune::app
