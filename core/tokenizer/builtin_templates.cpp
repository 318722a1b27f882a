#include "core/tokenizer/builtin_templates.h"

namespace attune::tokenizer {
namespace {

const char *const kChatml = R"jinja({% for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content or '' }}<|im_end|>
{% endfor %}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif %})jinja";

/// Stanford Alpaca's layout; the user's text is the instruction and, on a new line, its input.
const char *const kAlpaca = R"jinja({{ bos_token }}
{%- if messages and messages[0].role == 'system' -%}
{{ (messages[0].content or '') + '\n\n' }}
{%- else -%}
{{ 'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' -%}
{{ '### Response:\n' ~ (message.content or '') ~ eos_token ~ '\n\n' }}
{%- elif message.role != 'system' -%}
{{ '### Instruction:\n' + (message.content or '') + '\n\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt -%}
{{ '### Response:\n' }}
{%- endif %})jinja";

const char *const kPlain = R"jinja({{ bos_token }}
{%- for message in messages -%}
{{ message.content or '' }}{{ eos_token if message.role == 'assistant' }}{{ '\n' if not loop.last or add_generation_prompt }}
{%- endfor %})jinja";

const char *const kLlama2 =
    R"jinja({% set system = messages[0].content if messages and messages[0].role == 'system' else none %}
{% set open = namespace(system=system) %}
{% for message in messages if message.role != 'system' %}
{% if message.role == 'assistant' %}
{{- ' ' ~ (message.content or '') | trim ~ ' ' ~ eos_token }}
{%- else %}
{{- bos_token ~ '[INST] ' }}
{%- if open.system is not none %}
{{- '<<SYS>>\n' ~ open.system ~ '\n<</SYS>>\n\n' }}
{%- set open.system = none %}
{%- endif %}
{{- (message.content or '') | trim ~ ' [/INST]' }}
{%- endif %}
{% endfor %})jinja";

} // namespace

const std::vector<BuiltInTemplate> &builtInTemplates() {
  static const std::vector<BuiltInTemplate> kTemplates = {
      {"chatml", kChatml, {"<|im_start|>", "<|im_end|>"}}, {"alpaca", kAlpaca}, {"plain", kPlain}, {"llama2", kLlama2}};
  return kTemplates;
}

} // namespace attune::tokenizer
