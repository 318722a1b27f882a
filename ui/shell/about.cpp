#include "ui/shell/about.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"

#include <QCoreApplication>
#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(About)
};

} // namespace

void showAbout(QWidget *parent, const std::optional<api::DeviceFacts> &device) {
  auto *dialog = new QDialog(parent);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(Words::tr("About Attune"));
  auto *layout = new QVBoxLayout(dialog);
  layout->setContentsMargins(24, 24, 24, 24);
  layout->setSpacing(8);
  auto *mark = new QLabel(dialog);
  mark->setPixmap(icon(QStringLiteral("attune"), Tone::Accent).pixmap(40, 40));
  layout->addWidget(mark);
  const auto add = [&](TextRole role, const QString &text) {
    QLabel *label = makeLabel(role, dialog);
    label->setText(text);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setMinimumWidth(420);
    layout->addWidget(label);
  };
  add(TextRole::Section, Words::tr("Attune %1").arg(QCoreApplication::applicationVersion()));
  add(TextRole::Body,
      Words::tr("Fine-tunes language models on this machine. Free software under the GNU General Public License, version 3 or later."));
  add(TextRole::Muted, Words::tr("Qt %1 (LGPL-3.0; Qt Charts GPL-3.0) · libtorch (BSD-3-Clause) · PCRE2 (BSD-3-Clause) · nlohmann/json "
                                 "(MIT) · CLI11 (BSD-3-Clause)")
                           .arg(QLatin1String(qVersion())));
  if (device && !device->torch.empty()) add(TextRole::Muted, Words::tr("libtorch %1").arg(QString::fromStdString(device->torch)));
  if (device)
    add(TextRole::Muted,
        Words::tr("Computes on %1, %2").arg(QString::fromStdString(device->name), QString::fromStdString(device->precision)));
  layout->addSpacing(8);
  QPushButton *close = makeButton(ButtonKind::Normal, dialog);
  close->setText(Words::tr("Close"));
  QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
  layout->addWidget(close, 0, Qt::AlignRight);
  dialog->open();
}

} // namespace attune::ui
