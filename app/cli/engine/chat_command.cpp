// attune chat: talk to a model in the terminal, turn by turn.
#include "app/cli/command/output.h"
#include "app/cli/command/template_option.h"
#include "app/cli/engine/model_options.h"
#include "core/generate/generator.h"

#include <iostream>

namespace attune::app {

namespace {

class ChatCommand : public Command {
public:
  std::string name() const override { return "chat"; }
  std::string summary() const override { return "Talk to a model in the terminal"; }
  std::string example() const override { return "attune chat --model model.gguf --adapter runs/first/adapter"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice | kTakesSeed; }
  void addOptions(CLI::App &options) override {
    m_model.add(options);
    options.add_option("--system", m_system, "What the model is told first");
    m_template.add(options);
    m_sampling.add(options);
  }

  Result<int> run(CommandContext &context) override {
    if (context.json)
      return Error{ErrorCode::Usage, "chat has no JSON output.", "--json", "Use attune generate --messages for one answer."};
    ATTUNE_TRY(core::ModelSession session, m_model.openToGenerate(context, true));
    ATTUNE_TRY(const auto layout, m_template.choose(session.bundle, context));
    if (!context.quiet) context.err << "Write a message; /reset starts again, /exit leaves.\n";
    tokenizer::Conversation conversation;
    const auto reset = [&] {
      conversation.messages.clear();
      if (!m_system.empty()) conversation.messages.push_back({"system", m_system, ""});
    };
    reset();
    core::GenerateOptions options;
    options.maxNewTokens = m_sampling.newTokens(session.defaults);
    options.endTokens = session.chatEndTokens;
    const int64_t room = session.model.transformer.config().context;
    options.stop = context.stop;
    std::string line;
    for (uint64_t turn = 0;; ++turn) {
      if (!context.quiet) context.err << "> " << std::flush;
      if (!std::getline(std::cin, line) || line == "/exit" || line == "/quit") break;
      if (line.empty()) continue;
      if (line == "/reset") {
        reset();
        continue;
      }
      conversation.messages.push_back({"user", line, ""});
      ATTUNE_TRY(const std::vector<int32_t> prompt, session.encodeChat(layout, conversation));
      if (static_cast<int64_t>(prompt.size()) >= room) {
        context.err << "The conversation has " << prompt.size() << " tokens with this message, and the model sees " << room
                    << ". Write a shorter one, or /reset to start again.\n";
        conversation.messages.pop_back();
        continue;
      }
      // Another stream of random numbers each turn, so that a repeated question may get another answer.
      options.sampling = m_sampling.resolve(session.defaults, static_cast<uint64_t>(context.seed.value_or(0)) + turn);
      tokenizer::StreamingDecoder decoder(*session.bundle.tokenizer);
      std::string answer;
      const auto emit = [&](const std::string &piece) {
        answer += piece;
        printWritten(context.out, piece);
      };
      options.onToken = [&](int32_t id) { emit(decoder.push(id)); };
      const auto result = core::generate(session.model.transformer, session.model.tunedWeights, session.model.adapters(), prompt, options);
      emit(decoder.flush());
      context.out << '\n' << std::flush;
      if (!result.ok()) return result.error();
      conversation.messages.push_back({"assistant", answer, ""});
      if (!result->ended && static_cast<int64_t>(prompt.size() + result->ids.size()) >= room)
        context.err << "The answer ends here because the model sees no more than " << room << " tokens. /reset starts again.\n";
    }
    if (context.stop.stopRequested()) return Error{ErrorCode::Interrupted, "The chat was stopped.", "", ""};
    return 0;
  }

private:
  ModelOptions m_model;
  SamplingFlags m_sampling{512};
  TemplateOption m_template;
  std::string m_system;
};

ATTUNE_COMMAND(ChatCommand);

} // namespace

} // namespace attune::app
