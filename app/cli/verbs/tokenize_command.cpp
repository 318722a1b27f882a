// attune tokenize: text to ids, a conversation to rendered text and ids with the trained mask, or ids to text.
#include "app/cli/command/output.h"
#include "core/api/config_fields.h"
#include "core/base/atomic_file.h"
#include "core/data/messages_file.h"
#include "core/data/sample.h"
#include "core/tokenizer/tokenizer.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace attune::app {

namespace {

using tokenizer::TokenId;

constexpr size_t kMaxTextBytes = size_t(256) << 20;

/// "1 2 3" or "1,2,3".
Result<std::vector<TokenId>> parseIds(const std::string &text, int64_t vocabulary) {
  std::vector<TokenId> ids;
  size_t at = 0;
  while ((at = text.find_first_not_of(" ,\t\n[]", at)) != std::string::npos) {
    const size_t end = std::min(text.find_first_of(" ,\t\n[]", at), text.size());
    TokenId id = 0;
    const auto parsed = std::from_chars(text.data() + at, text.data() + end, id);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + end || id < 0 || id >= vocabulary)
      return Error{ErrorCode::Usage,
                   "\"" + text.substr(at, std::min<size_t>(end - at, 40)) + "\" is no token id of this model.", "--ids",
                   "Ids go from 0 to " + std::to_string(vocabulary - 1) + "."};
    ids.push_back(id);
    at = end;
  }
  return ids;
}

class TokenizeCommand : public Command {
public:
  std::string name() const override { return "tokenize"; }
  std::string summary() const override { return "Turn text into token ids, or ids into text"; }
  std::string example() const override { return "attune tokenize --model model.gguf --text \"Hello\" --json"; }
  void addOptions(CLI::App &options) override {
    options.add_option("--model", m_model, "A model folder or .gguf file; its tokenizer files are enough")->required();
    m_textOption = options.add_option("--text", m_text, "The text to encode");
    m_fileOption = options.add_option("--file", m_file, "A file with the text to encode");
    m_messagesOption =
        options.add_option("--messages", m_messages, "A JSON file with a conversation to render and encode");
    m_idsOption = options.add_option("--ids", m_ids, "Token ids to decode, \"1 2 3\"");
    options.add_flag("--with-special", m_withSpecial, "Let special tokens written in the text become special tokens");
    options.add_flag("--add-special", m_addSpecial,
                     "Put the model's begin token before the text, where the model wants one");
    options.add_flag("--add-generation-prompt", m_generationPrompt, "End the conversation with the start of an answer");
    options.add_option("--train-on", m_trainOn, "Which answers count as trained: answers, last or all")
        ->check(CLI::IsMember({"answers", "last", "all"}));
  }

  Result<int> run(CommandContext &context) override {
    const size_t sources =
        m_textOption->count() + m_fileOption->count() + m_messagesOption->count() + m_idsOption->count();
    if (sources != 1)
      return Error{ErrorCode::Usage, "Give exactly one of --text, --file, --messages and --ids.", "",
                   "See: attune tokenize --help"};
    ATTUNE_TRY(const tokenizer::TokenizerBundle bundle, tokenizer::loadTokenizer(m_model));
    ATTUNE_TRY(const tokenizer::EncodedChat encoded, encode(bundle));
    if (context.json) {
      printJson(context, describe(*bundle.tokenizer, encoded));
      return 0;
    }
    if (m_idsOption->count() || m_messagesOption->count()) context.out << encoded.text << '\n';
    if (!m_idsOption->count()) {
      for (size_t i = 0; i < encoded.ids.size(); ++i) context.out << (i ? " " : "") << encoded.ids[i];
      context.out << '\n';
    }
    return 0;
  }

private:
  Result<tokenizer::EncodedChat> encode(const tokenizer::TokenizerBundle &bundle) const {
    const tokenizer::Tokenizer &tokenizer = *bundle.tokenizer;
    tokenizer::EncodedChat encoded;
    if (m_messagesOption->count()) return encodeMessages(bundle);
    if (m_idsOption->count()) {
      ATTUNE_TRY(encoded.ids, parseIds(m_ids, tokenizer.vocabularySize()));
      encoded.text = tokenizer.decode(encoded.ids, false);
    } else {
      encoded.text = m_text;
      if (m_fileOption->count()) {
        ATTUNE_TRY(encoded.text, readFile(m_file, kMaxTextBytes));
      }
      encoded.ids = tokenizer.encode(encoded.text, m_withSpecial);
      if (m_addSpecial && tokenizer.addsBos() && tokenizer.bosToken() >= 0)
        encoded.ids.insert(encoded.ids.begin(), tokenizer.bosToken());
    }
    encoded.labels.assign(encoded.ids.size(), data::kIgnore);
    return encoded;
  }

  Result<tokenizer::EncodedChat> encodeMessages(const tokenizer::TokenizerBundle &bundle) const {
    using tokenizer::ChatTemplate;
    using tokenizer::TrainedPart;
    ATTUNE_TRY(tokenizer::Conversation conversation, data::readMessagesFile(m_messages));
    ATTUNE_TRY(const ChatTemplate chatTemplate,
               bundle.chatTemplate.empty()
                   ? ChatTemplate::builtIn("plain", bundle.bosText, bundle.eosText)
                   : ChatTemplate::parse(bundle.chatTemplate, bundle.bosText, bundle.eosText, m_model));
    const TrainedPart part = m_trainOn == "last"  ? TrainedPart::Last
                             : m_trainOn == "all" ? TrainedPart::All
                                                  : TrainedPart::Answers;
    ATTUNE_TRY(tokenizer::EncodedChat encoded, tokenizer::encodeChat(*bundle.tokenizer, bundle.endTokens, chatTemplate,
                                                                     conversation, part, m_generationPrompt));
    if (m_withSpecial) { // what users wrote may be special too; the trained mask then has no meaning of its own
      encoded.ids = bundle.tokenizer->encode(encoded.text, true);
      encoded.labels.assign(encoded.ids.size(), data::kIgnore);
    }
    if (!encoded.labels.empty()) encoded.labels.front() = data::kIgnore; // nothing predicts the first token
    return encoded;
  }

  Json describe(const tokenizer::Tokenizer &tokenizer, const tokenizer::EncodedChat &encoded) const {
    Json pieces = Json::array();
    for (const TokenId id : encoded.ids) pieces.push_back(tokenizer.piece(id));
    Json trained = Json::array();
    for (const TokenId label : encoded.labels) trained.push_back(label != data::kIgnore);
    Json result = {
        {"ids", encoded.ids}, {"pieces", std::move(pieces)}, {"text", encoded.text}, {"trained", std::move(trained)}};
    if (m_messagesOption->count()) result["labels"] = encoded.labels;
    return result;
  }

  std::string m_model;
  std::string m_text;
  std::string m_file;
  std::string m_messages;
  std::string m_ids;
  std::string m_trainOn = "answers";
  bool m_withSpecial = false;
  bool m_addSpecial = false;
  bool m_generationPrompt = false;
  CLI::Option *m_textOption = nullptr;
  CLI::Option *m_fileOption = nullptr;
  CLI::Option *m_messagesOption = nullptr;
  CLI::Option *m_idsOption = nullptr;
};

ATTUNE_COMMAND(TokenizeCommand);

} // namespace

} // namespace attune::app
