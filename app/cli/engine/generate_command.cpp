// attune generate: one answer, streamed.
#include "app/cli/command/output.h"
#include "app/cli/command/template_option.h"
#include "app/cli/command/token_ids.h"
#include "app/cli/engine/model_options.h"
#include "core/data/messages_file.h"
#include "core/generate/finite_logits.h"
#include "core/generate/generator.h"

namespace attune::app {

namespace {

class GenerateCommand : public Command {
public:
  std::string name() const override { return "generate"; }
  std::string summary() const override { return "Answer one prompt"; }
  std::string example() const override { return "attune generate --model model.gguf --prompt \"Once upon a time\" --max-new-tokens 64"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice | kTakesSeed; }
  void addOptions(CLI::App &options) override {
    m_model.add(options);
    auto *input = options.add_option_group("input", "What to answer (one of these)");
    input->add_option("--prompt", m_prompt, "Raw text to continue");
    input->add_option("--messages", m_messages, "A conversation as JSON, rendered with a chat template");
    input->add_option("--ids", m_ids, "Token ids, \"1 2 3\"");
    input->require_option(1);
    m_template.add(options);
    m_sampling.add(options);
  }

  Result<int> run(CommandContext &context) override {
    std::vector<int32_t> prompt;
    tokenizer::Conversation conversation;
    if (m_ids) {
      ATTUNE_TRY(prompt, parseIds(*m_ids));
    }
    if (m_messages) {
      ATTUNE_TRY(conversation, data::readMessagesFile(*m_messages));
    }
    ATTUNE_TRY(core::ModelSession session, m_model.openToGenerate(context, !m_ids));
    if (m_prompt) prompt = session.encode(*m_prompt);
    if (m_messages) {
      ATTUNE_TRY(const auto layout, m_template.choose(session.bundle, context));
      ATTUNE_TRY(prompt, session.encodeChat(layout, conversation));
    }

    std::string text;
    std::optional<tokenizer::StreamingDecoder> decoder;
    if (session.bundle.tokenizer) decoder.emplace(*session.bundle.tokenizer);
    const auto emit = [&](const std::string &piece) {
      text += piece;
      if (!context.json) printWritten(context.out, piece);
    };
    core::GenerateOptions options;
    options.maxNewTokens = m_sampling.newTokens(session.defaults);
    options.sampling = m_sampling.resolve(session.defaults, static_cast<uint64_t>(context.seed.value_or(0)));
    options.endTokens = m_messages ? session.chatEndTokens : session.endTokens;
    options.stop = context.stop;
    options.onToken = [&](int32_t id) {
      if (decoder)
        emit(decoder->push(id));
      else if (!context.json)
        context.out << id << ' ' << std::flush;
    };
    const auto result = core::generate(session.model.transformer, session.model.tunedWeights, session.model.adapters(), prompt, options);
    if (decoder) emit(decoder->flush());
    if (!context.json) context.out << '\n';
    if (!result.ok()) return core::withCause(result.error(), m_model.model);
    if (context.json) {
      printJson(context, {{"text", text},
                          {"ids", result->ids},
                          {"finish_reason", result->ended ? "stop" : "length"},
                          {"tokens_per_second", result->tokensPerSecond()}});
    } else if (!context.quiet) {
      context.err << result->ids.size() << " tokens, " << result->tokensPerSecond() << " a second\n";
    }
    return 0;
  }

private:
  ModelOptions m_model;
  SamplingFlags m_sampling{256};
  TemplateOption m_template;
  std::optional<std::string> m_prompt, m_messages, m_ids;
};

ATTUNE_COMMAND(GenerateCommand);

} // namespace

} // namespace attune::app
