import type { DeepText } from "../pt-BR";
import type { helpPtBR } from "./pt-BR";

export const helpEs: DeepText<typeof helpPtBR> = {
  title: "Ayuda",
  limits: {
    title: "Lo que WhatsApp no hace",
    desktop:
      "Los clientes no pueden llamar desde WhatsApp en el ordenador (Desktop o Web): pídales que llamen desde el móvil. Lo mismo vale para el enlace y el botón de llamar.",
    oldApp:
      "La aplicación del cliente debe ser reciente: las versiones antiguas no muestran ni el botón de llamar ni la solicitud de permiso. Pídales que actualicen WhatsApp.",
    groups: "Solo hay llamadas de voz entre un cliente y la empresa: ni grupos ni vídeo.",
    phone: "Las llamadas de WhatsApp no pasan por la red telefónica: no se transfieren a un número de teléfono.",
    permission: "Solo se llama a quien lo permitió. Un permiso vale para uno de nuestros números, no para los demás.",
    silent: "Hasta que atendemos, el cliente solo oye el tono: antes no se puede reproducir ningún mensaje.",
  },
  questions: {
    title: "Por qué es así",
    whyAsk: {
      ask: "¿Por qué hay que pedir permiso?",
      answer:
        "Meta quiere que las personas solo reciban llamadas de empresas que han elegido. Sin permiso, WhatsApp ni siquiera hace sonar el móvil del cliente.",
    },
    whyWait: {
      ask: "¿Por qué no puedo volver a pedirlo ahora?",
      answer:
        "Meta limita las solicitudes por día y por semana para que nadie sea molestado. Quien pide demasiado pierde el derecho a pedir y a llamar.",
    },
    whyOnce: {
      ask: "¿Por qué cuentan las llamadas sin respuesta?",
      answer:
        "Varias llamadas seguidas sin respuesta son, para Meta, señal de que el cliente no quiere hablar: WhatsApp avisa y después retira el permiso.",
    },
    whyHidden: {
      ask: "¿Por qué ha desaparecido el botón de llamar de nuestro número?",
      answer:
        "Si se atienden pocas llamadas de clientes, Meta oculta el botón para que nadie llame en vano. La supervisión ve antes el aviso.",
    },
    official: {
      ask: "¿Sirve para cualquier número de WhatsApp?",
      answer:
        "No. Depende solo de la API oficial de WhatsApp (Cloud API): los números de la aplicación, en coexistencia o conectados por código QR no hacen llamadas aquí.",
    },
  },
  catalogue: {
    title: "Lo que dice Ramal cuando algo no se puede",
    hint: "Cada negativa, lo que ayuda y, en letra pequeña, el código para soporte.",
    meta: "de Meta: {{codes}}",
  },
};
