"""When a room was changed, for calendars."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0009_chat_deleted"),
    ]

    operations = [
        migrations.AddField(
            model_name="room",
            name="changed",
            field=models.DateTimeField(auto_now=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
    ]
