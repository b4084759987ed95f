// What is happening, in plain words: the state, why it stopped, who stopped it, after how long.

export function paragraphs({ state, trip, refusal, pulses, plugs, load, pace, reasons }, t, language) {
  if (state === "FAULT" && trip) return fault(trip, t, reasons[language]);
  const found = [t(`state_${state}`)];
  if (state === "OFF") return found;
  const live = pulses.map((one, n) => [n + 1, one]).filter(([, one]) => one.pps);
  if (state === "RUNNING" && live.length) {
    found.push(live.map(([n, one]) => t("flows", n, one.ma.toFixed(1), one.pps)).join(" "));
  }
  if (refusal) found.push(refused(refusal, t));
  if (plugs.usb) found.push(t("usb_is_in"));
  if (!plugs.stop) found.push(t("stop_is_open"));
  load.forEach((one, n) => one.open && found.push(t("is_off", n + 1)));
  if (!pace.wanted || !pace.attended) found.push(t("stands"));
  return found;
}

function fault(trip, t, reasons) {
  const said = (reasons[trip.reason] ?? [trip.reason]).map((one) => /[.!?]$/.test(one) ? one : `${one}.`);
  const after = trip.after_us === null ? "" : ` ${t("after", caused(trip.cause, t), us(trip.after_us))}`;
  const key = `reason_${trip.reason}`, why = t(key);
  return [said.join(" "), `${t(`layer_${trip.layer}`)}${after}`, why === key ? trip.engineer : why];
}

// What was done to the device, in the words of what one presses for it. What the page does not
// offer comes from a scenario, which calls it so.
const CAUSES = {
  lead_off: "pad_off", lead_on: "pad_on", load: "load", dry: "dry", short: "short",
  stop_open: "cable_out", stop_close: "cable_in", usb_plug: "usb_in", usb_unplug: "usb_out",
  power_off: "power_off", power_on: "power_on", supply_mv: "battery", overcurrent: "fault_current",
  freeze_cpu: "fault_cpu", stuck_high: "fault_leg", adc_stuck: "fault_adc", forged: "fault_forged",
};

function caused({ do: act, button, channel, pin }, t) {
  return button ?? (CAUSES[act] ? t(CAUSES[act], pin ?? channel ?? "1, 2") : act.replaceAll("_", " "));
}

// Who refused an offer, and why: in words where there are some, else the field that was wrong.
function refused(field, t) {
  const key = `because_${field}`, because = t(key);
  return t("refused", because === key ? field : because);
}

function us(value) {
  return value < 1000 ? `${value} µs` : `${+(value / 1000).toPrecision(4)} ms`;
}
